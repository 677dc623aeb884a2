import time
from contextlib import nullcontext
from itertools import islice

import pytest

from ondol.chat.threads import ThreadStore
from ondol.models.fake import FakeChat
from ondol.server.api.ask import Question, _in_thread
from tests.server.api.conftest import read_events

QUESTION = "When does the museum open?"
STORY = "fake:Once upon a time there was a mill beside a brook."


def ask(client, **body):
    return client.post("/api/ask", json=body)


def ask_at_once(client, **body):
    return client.post("/api/ask", json=body, headers={"Accept": "application/json"}).json()


def test_hits_come_before_the_text_and_the_answer_comes_last(client, filled):
    told = ask(client, question=QUESTION)
    assert told.headers["content-type"].startswith("text/event-stream")
    events = read_events(told.text)
    assert [name for name, _ in events] == ["hits", "token", "token", "answer"]
    answer = events[-1][1]
    assert "".join(data["text"] for name, data in events if name == "token") == answer["answer"]
    assert answer["citations"][0]["quote"] == "The museum opens at 9:30."
    assert answer["id"]
    assert answer["hits"] == events[0][1]["hits"]


def test_a_program_gets_the_answer_at_once(client, filled):
    answer = ask_at_once(client, question="방앗간 입장료는 얼마입니까?")
    assert answer["abstained"] is False
    assert answer["citations"][0]["source"].endswith("mill.md")


def test_what_the_documents_do_not_tell_is_an_abstention_without_a_model(client, filled):
    answer = ask_at_once(client, question="Who discovered the moons of Saturn?")
    assert answer["abstained"] is True
    assert answer["ms"]["first_token"] is None


def test_a_threshold_of_one_abstains_and_a_filter_chooses_the_source(client, filled):
    assert ask_at_once(client, question=QUESTION, threshold=1)["abstained"] is True
    hits = ask_at_once(client, question=QUESTION, filters={"title": "방앗간"})["hits"]
    assert {hit["title"] for hit in hits} == {"방앗간"}


def test_without_documents_the_model_speaks_for_itself(client):
    answer = ask_at_once(client, question="Tell me a story.", docs=False, model=STORY)
    assert answer["answer"] == STORY.removeprefix("fake:")
    assert answer["citations"] == answer["hits"] == []


def test_thinking_is_told_apart_from_text(client):
    model = "fake:<think>A mill, perhaps.</think>A mill."
    events = read_events(ask(client, question="Tell me a story.", docs=False, model=model).text)
    assert "".join(data["text"] for name, data in events if name == "thinking").strip() == "A mill, perhaps."
    assert events[-1][1]["answer"] == "A mill."


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"question": " "}, 400, "The question is empty."),
        ({"question": "x", "model": "llama.cpp:/etc/passwd"}, 404, "The server has no model 'llama.cpp:/etc/passwd'."),
        ({"question": "x", "model": "openai:x@http://10.0.0.1/v1"}, 404, "The server has no model"),
        ({"question": "x", "adapter": "../../x"}, 404, "The server has no adapter '../../x'."),
        ({"question": "x", "reader": "onnx:/etc"}, 404, "The server has no reader 'onnx:/etc'."),
        ({"question": "x", "collection": "mian"}, 404, "There is no collection 'mian' yet."),
        ({"question": "x", "filters": {"since": "someday"}}, 400, "'someday' is no date."),
        ({"question": "x", "thread": "none of this name"}, 404, "There is no conversation 'none of this name'."),
    ],
)
def test_a_mistake_has_its_own_status_before_anything_is_streamed(client, filled, body, status, said):
    told = ask(client, **body)
    assert told.status_code == status
    assert said in told.json()["error"]["message"]
    assert told.json()["error"]["hint"]


def test_a_mistake_is_told_in_the_language_of_the_reader(client, filled):
    told = client.post("/api/ask", json={"question": ""}, headers={"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.5"})
    assert told.json()["error"]["message"] == "질문이 비어 있습니다."


def test_a_conversation_understands_what_leans_on_the_question_before(client, filled):
    thread = client.post("/api/threads", json={}).json()
    ask_at_once(client, question="When does the museum open?", thread=thread["id"])
    follow_up = ask_at_once(client, question="And when does it close?", thread=thread["id"])
    assert follow_up["citations"][0]["source"].endswith("museum.txt")
    kept = client.get(f"/api/threads/{thread['id']}").json()
    assert (kept["name"], kept["turns"]) == ("When does the museum open?", 2)
    assert kept["messages"][3]["citations"] == follow_up["citations"]


def test_events_of_a_conversation_are_those_of_a_question_by_itself(client, filled):
    thread = client.post("/api/threads", json={}).json()
    events = read_events(ask(client, question=QUESTION, thread=thread["name"]).text)
    assert [name for name, _ in events] == ["hits", "token", "token", "answer"]
    assert events[-1][1]["thread"] == QUESTION


def test_a_conversation_can_go_on_without_documents(client, filled):
    thread = client.post("/api/threads", json={"docs": False}).json()
    answer = ask_at_once(client, question="Tell me a story.", thread=thread["id"], model=STORY)
    assert answer["answer"] == STORY.removeprefix("fake:")
    kept = client.get(f"/api/threads/{thread['id']}").json()
    assert (kept["docs"], kept["model"]) == (False, STORY)


class Slow(FakeChat):
    """A word every 50 ms."""

    def stream_messages(self, messages, **sampling):
        for chunk in super().stream_messages(messages, **sampling):
            time.sleep(0.05)
            yield chunk


def test_an_answer_that_was_ended_is_kept_as_far_as_it_went(client, engine, filled, monkeypatch):
    client.post("/api/threads", json={"docs": False, "name": "story"})
    with monkeypatch.context() as patched:
        patched.setattr(engine, "model", lambda *_: nullcontext(Slow(replies=(STORY.removeprefix("fake:"),))))
        events = _in_thread(Question(question="Tell me a story.", thread="story"), engine)
        assert [data["text"] for _, data in islice(events, 2)] == ["Once", " upon"]
        events.close()
    with ThreadStore(engine.settings.home) as store:
        last = store.messages(store.find("story"))[-1]
    assert last.response_metadata["finish_reason"] == "interrupted"
    assert last.text.startswith("Once upon")
    assert last.text not in STORY.split(":")
    again = ask_at_once(client, question="And then?", thread="story", model="fake:It burnt down.")
    assert again["answer"] == "It burnt down."
