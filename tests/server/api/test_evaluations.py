"""/api/evaluations: questions of one's own or marked answers, compared by the job that the worker would do."""

import pytest

from ondol.evaluate.feedback import mark_answer
from ondol.server.jobs.run import carry_out

QUESTIONS = [
    {"id": "1", "question": "When does the museum open?", "answers": ["9:30"]},
    {"id": "2", "question": "방앗간 입장료는 얼마인가요?", "answers": ["3,000원"]},
    {"id": "3", "question": "Who built the bridge?", "answers": []},
]


@pytest.fixture
def begin(client):
    def post(**asked):
        return client.post("/api/evaluations", json={"questions": QUESTIONS, **asked})

    return post


@pytest.fixture
def carried_out(engine, monkeypatch):
    monkeypatch.setattr("os.nice", lambda _: 0)

    def carry(response):
        assert response.status_code == 202, response.text
        engine.jobs.take(set())
        carry_out(engine.jobs, response.json()["job"]["id"])
        return response.json()["job"]["id"]

    return carry


def test_arms_are_compared_with_intervals_verdicts_and_replies_side_by_side(client, begin, carried_out, filled):
    name = carried_out(begin(arms=["base", "rag"]))
    told = client.get(f"/api/evaluations/{name}").json()
    assert told["job"]["state"] == "done", told["job"]["error"]
    result = told["result"]
    assert list(result["arms"]) == ["base", "rag"]
    assert len(result["arms"]["rag"]["en"]["metrics"]["f1"]) == 3
    assert all(pair["verdict"] for pair in result["pairs"])
    assert result["notes"]
    assert set(result["best"]) == {"en", "ko"}
    assert told["total"] == 3
    [first, second, _] = told["questions"]
    assert (second["question"], second["answers"]) == (QUESTIONS[1]["question"], ["3,000원"])
    assert set(first["replies"]) == {"base", "rag"}
    assert first["replies"]["rag"]["scores"]["f1"] is not None
    page = client.get(f"/api/evaluations/{name}?offset=1&limit=1").json()["questions"]
    assert [row["id"] for row in page] == ["2"]
    assert [row["id"] for row in client.get("/api/evaluations").json()["evaluations"]] == [name]


def test_replies_that_are_there_are_not_asked_for_again(client, engine, begin, carried_out, filled, monkeypatch):
    name = carried_out(begin(arms="base,rag"))
    replies = (engine.settings.home / "evaluations" / name / "replies.jsonl").read_bytes()
    engine.jobs._db.execute("UPDATE jobs SET state = 'interrupted' WHERE id = ?", [name])
    engine.jobs.take(set())
    monkeypatch.setattr("ondol.assemble_evaluation.open_model", None)
    carry_out(engine.jobs, name)
    assert engine.jobs.get(name)["state"] == "done"
    assert (engine.settings.home / "evaluations" / name / "replies.jsonl").read_bytes() == replies


def test_other_documents_begin_it_anew(client, engine, begin, carried_out, filled, tmp_path):
    import ondol

    name = carried_out(begin(arms="rag"))
    (tmp_path / "more.txt").write_text("The bridge was built by masons.")
    with ondol.open_library() as library:
        ondol.add_documents(library, [str(tmp_path / "more.txt")])
    engine.jobs._db.execute("UPDATE jobs SET state = 'interrupted' WHERE id = ?", [name])
    engine.jobs.take(set())
    carry_out(engine.jobs, name)
    row = engine.jobs.get(name)
    assert row["state"] == "done"
    assert "all questions are asked again" in row["log"][-1]


def test_marked_answers_are_questions(client, engine, begin, carried_out, filled):
    assert begin(questions="feedback").status_code == 422
    answer = {"question": "When does the museum open?", "answer": "At 9:30. [1]", "abstained": False}
    mark_answer(engine.settings.home, answer, "good")
    name = carried_out(begin(questions="feedback", arms="base"))
    [row] = client.get(f"/api/evaluations/{name}").json()["questions"]
    assert row["question"] == answer["question"]


def test_a_file_that_was_sent_gives_the_questions(client, begin, carried_out, filled):
    table = "question,answer\nWhen does the museum open?,9:30\n방앗간 입장료는?,3000원\n"
    data = client.post("/api/runs/data", files={"file": ("q.csv", table.encode())}).json()["data"]
    name = carried_out(begin(questions=data, arms="base", limit=1))
    told = client.get(f"/api/evaluations/{name}").json()
    assert told["total"] == len(told["questions"]) == 1


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"arms": ["\ud800"]}, 404), ({"collection": "\ud800"}, 400), ({"questions": "\ud800"}, 404),
        ({"questions": []}, 422), ({"questions": "nothing"}, 404), ({"questions": "../../x"}, 404),
        ({"questions": 1}, 400),
        ({"questions": [{"question": ""}]}, 422), ({"questions": [{"id": "a", "question": "Q?"}] * 2}, 422),
        ({"arms": "magic"}, 404), ({"arms": ["tuned"]}, 400), ({"arms": "base", "adapter": "x"}, 400),
        ({"arms": "base,tuned", "adapter": "x"}, 404), ({"model": "hf:/etc"}, 404),
        ({"model": "openai:x@http://a"}, 404),
        ({"collection": "nothing"}, 404), ({"limit": 0}, 400), ({"more": 1}, 400),
        ({"questions": [{"question": "\ud800?", "answers": [1, {"a": 2}]}]}, 422),
    ],
)  # fmt: skip
def test_an_evaluation_that_cannot_be_made_is_refused(client, begin, filled, asked, status):
    import json

    body = json.dumps({"questions": QUESTIONS, **asked})
    response = client.post("/api/evaluations", content=body, headers={"content-type": "application/json"})
    assert response.status_code == status, response.text
    assert client.get("/api/evaluations").json() == {"evaluations": []}


def test_another_job_is_no_evaluation(client, engine):
    job = engine.jobs.add("pull", "x", {})["id"]
    assert client.get(f"/api/evaluations/{job}").status_code == 404
    assert client.get("/api/evaluations/nothing").status_code == 404
