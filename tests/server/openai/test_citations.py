import json

import pytest


def test_the_model_ondol_answers_with_citations(chat, filled):
    row = chat("When does the museum open?", model="ondol")
    message = row["choices"][0]["message"]
    assert "[1]" in message["content"]
    [first, *_] = message["citations"]
    assert first["mark"] == 1
    assert first["quote"] in (filled / "museum.txt").read_text()
    assert first["source"].endswith("museum.txt")


def test_a_stream_ends_with_the_whole_list(client, filled):
    asked = {"model": "ondol", "messages": [{"role": "user", "content": "When does the museum open?"}], "stream": True}
    lines = client.post("/v1/chat/completions", json=asked).text.splitlines()
    rows = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    text = "".join(row["choices"][0]["delta"].get("content", "") for row in rows)
    assert "[1]" in text
    assert rows[-1]["citations"] == rows[-1]["choices"][0]["delta"]["citations"]
    assert {f"[{row['mark']}]" for row in rows[-1]["citations"]} <= set(text.replace(".", " ").split())


def test_a_collection_is_named_behind_a_slash(chat, filled):
    assert "[1]" in chat("방앗간은 무엇을 합니까?", model="ondol/main")["choices"][0]["message"]["content"]
    error = chat("x", model="ondol/none")["error"]
    assert (error["code"], error["type"]) == ("not_found", "not_found_error")


def test_without_documents_it_says_that_there_is_no_collection(client):
    asked = {"model": "ondol", "messages": [{"role": "user", "content": "x"}]}
    response = client.post("/v1/chat/completions", json=asked)
    assert response.status_code == 404
    assert "ondol add" in response.json()["error"]["message"]


def test_a_question_that_leans_on_the_one_before_finds_its_answer(chat, filled):
    talk = [
        {"role": "system", "content": "You are helpful."},
        {"role": "user", "content": "When does the museum open?"},
        {"role": "assistant", "content": "At 9:30. [1]"},
        {"role": "user", "content": "And when does it close?"},
    ]
    assert chat(talk, model="ondol")["choices"][0]["message"]["citations"]


@pytest.mark.parametrize(
    "talk",
    [
        [{"role": "assistant", "content": "Hello."}],
        [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}],
        [{"role": "system", "content": "x"}],
        [{"role": "user", "content": "   "}],
    ],
)
def test_the_last_message_must_be_a_question(chat, filled, talk):
    assert chat(talk, model="ondol")["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("field", [{"tools": [{"type": "function", "function": {"name": "f"}}]},
                                   {"response_format": {"type": "json_object"}}])  # fmt: skip
def test_what_documents_cannot_do_is_refused(chat, filled, field):
    assert chat("x", model="ondol", **field)["error"]["param"] == next(iter(field))


def test_a_tutorials_request_gets_the_answer_as_text(client, filled):
    row = client.post("/api/generate", json={"user_input": "When does the museum open?"}).json()
    assert list(row) == ["answer"]
    assert "[1]" in row["answer"]


@pytest.mark.parametrize("body", [{}, {"user_input": ""}, {"user_input": 1}, {"user_input": None}, []])
def test_a_tutorials_request_without_text_is_refused(client, filled, body):
    response = client.post("/api/generate", json=body)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "usage"
