import pytest

ANSWER = {
    "question": "언제 엽니까?",
    "answer": "9시 30분 [1]",
    "citations": [{"document_id": "museum", "mark": 1}],
    "hits": [],
}


def test_a_mark_is_kept_and_replaced_by_the_next_of_the_same_question(client):
    kept = client.post("/api/feedback", json={"answer": ANSWER, "mark": "good"}).json()
    assert (kept["mark"], kept["document_ids"]) == ("good", ["museum"])
    client.post("/api/feedback", json={"answer": ANSWER, "mark": "bad", "right": "<script>10시</script>"})
    [row] = client.get("/api/feedback").json()["feedback"]
    assert (row["mark"], row["right"]) == ("bad", "<script>10시</script>")


@pytest.mark.parametrize(
    "body", [{"answer": ANSWER, "mark": "so-so"}, {"mark": "good"}, {"answer": {}, "mark": "good"}]
)
def test_what_is_no_mark_is_refused(client, body):
    assert client.post("/api/feedback", json=body).status_code == 400


def test_a_damaged_file_is_told(client, environment, engine):
    engine.settings.home.mkdir(parents=True, exist_ok=True)
    (engine.settings.home / "feedback.jsonl").write_text("{", encoding="utf-8")
    assert client.get("/api/feedback").status_code == 422
