import json
from urllib.parse import quote

import pytest


@pytest.fixture
def thread(client, filled):
    made = client.post("/api/threads", json={"collection": "main"}).json()
    answer = {"question": "When does the museum open?", "thread": made["id"]}
    client.post("/api/ask", json=answer, headers={"Accept": "application/json"})
    return client.get(f"/api/threads/{made['id']}").json()


def test_new_conversations_have_names_of_their_own_in_the_language_of_the_reader(client):
    names = [client.post("/api/threads", json={}).json()["name"] for _ in range(2)]
    assert names == ["New conversation", "New conversation 2"]
    korean = client.post("/api/threads", json={}, headers={"Accept-Language": "ko"}).json()
    assert korean["name"] == "새 대화"
    assert {row["name"] for row in client.get("/api/threads").json()["threads"]} == {*names, "새 대화"}


def test_a_name_that_was_given_stays_when_something_is_asked(client, filled):
    client.post("/api/threads", json={"name": "박물관/여행"})
    client.post("/api/ask", json={"question": "When does the museum open?", "thread": "박물관/여행"})
    assert client.get(f"/api/threads/{quote('박물관/여행', safe='')}").json()["turns"] == 1


def test_taking_back_gives_the_question_for_another_try(client, thread):
    undone = client.post(f"/api/threads/{thread['id']}/undo").json()
    assert undone["question"] == "When does the museum open?"
    assert undone["thread"]["turns"] == 0
    again = client.post(f"/api/threads/{thread['id']}/undo")
    assert (again.status_code, again.json()["error"]["message"]) == (400, "There is nothing to take back.")


def test_a_conversation_is_renamed_and_removed(client, thread):
    renamed = client.patch(f"/api/threads/{thread['id']}", json={"name": "<b>관람</b> 시간"})
    assert renamed.json()["name"] == "<b>관람</b> 시간"
    assert client.patch(f"/api/threads/{thread['id']}", json={"name": "\n"}).status_code == 400
    assert client.delete(f"/api/threads/{thread['id']}").json()["id"] == thread["id"]
    assert client.get(f"/api/threads/{thread['id']}").status_code == 404


def test_two_conversations_do_not_share_a_name(client, thread):
    client.post("/api/threads", json={"name": "other"})
    taken = client.patch("/api/threads/other", json={"name": thread["name"]})
    assert (taken.status_code, taken.json()["error"]["code"]) == (400, "usage")
    assert client.post("/api/threads", json={"name": "other"}).status_code == 400


def test_a_conversation_is_a_file_with_its_sources(client, thread):
    told = client.get(f"/api/threads/{thread['id']}/export")
    assert told.headers["content-type"] == "text/markdown; charset=utf-8"
    assert told.headers["content-disposition"] == 'attachment; filename="conversation.md"'
    assert "“The museum opens at 9:30.”" in told.text
    data = json.loads(client.get(f"/api/threads/{thread['id']}/export?format=json").text)
    assert [row["role"] for row in data["messages"]] == ["user", "assistant"]
    assert client.get(f"/api/threads/{thread['id']}/export?format=exe").status_code == 400


def test_a_conversation_about_no_collection_is_refused(client, filled):
    told = client.post("/api/threads", json={"collection": "mian"})
    assert told.status_code == 404
    assert "Did you mean 'main'?" in told.json()["error"]["hint"]


def test_one_that_is_open_elsewhere_is_not_taken_back(client, engine, thread):
    from ondol.chat.threads import ThreadStore

    with ThreadStore(engine.settings.home) as store, store.hold(store.find(thread["name"])):
        told = client.post(f"/api/threads/{thread['id']}/undo")
    assert told.status_code == 400
    assert "is open in another window" in told.json()["error"]["message"]


def test_an_abstention_keeps_its_nearest_hits_and_nothing_more(client, filled):
    made = client.post("/api/threads", json={"collection": "main"}).json()
    asked = {"question": "Who discovered the moons of Saturn?", "thread": made["id"]}
    hits = client.post("/api/ask", json=asked, headers={"Accept": "application/json"}).json()["hits"]
    [_, kept] = client.get(f"/api/threads/{made['id']}").json()["messages"]
    assert kept["abstained"]
    assert kept["nearest"] == hits[:3]  # their texts are short
    assert kept["collection"] == "main"


def test_an_answer_keeps_no_hits_beside_its_citations(client, thread):
    assert "nearest" not in thread["messages"][1]
