"""`ask`: an answer with citations, an abstention, and mistakes."""

import json

import pytest


def test_an_answer_is_json_with_its_citations(ondol, filled):
    answer = ondol("ask", "When does the museum open?", "--json").json
    assert set(answer) >= {
        "question", "answer", "short", "quoted", "abstained", "citations", "hits", "model", "usage", "ms",
    }  # fmt: skip
    assert set(answer["ms"]) == {"retrieve", "first_token", "total"}
    for row in answer["citations"]:
        text = ondol("show", row["document_id"], "--json").json["text"]
        assert text[row["start"] : row["end"]] == row["quote"]


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Who won the 1987 chess championship?", "The documents do not tell."),
        ("화성의 수도는 어디입니까?", "문서에는 답이 없습니다."),
    ],
)
def test_what_the_documents_do_not_tell_is_said_in_the_language_of_the_question(ondol, filled, question, told):
    ran = ondol("ask", question)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(told)
    assert ondol("ask", question, "--json").json["abstained"] is True


def test_a_batch_gives_a_line_for_each_question(ondol, filled, tmp_path):
    (tmp_path / "q.jsonl").write_text('{"id": "a", "question": "When?"}\n{"id": "b", "question": "언제 엽니까?"}')
    assert ondol("ask", "--batch", "q.jsonl", "--out", "r.jsonl").code == 0
    rows = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["a", "b"]
    assert all("citations" in row for row in rows)


def test_without_documents_the_model_speaks_for_itself(ondol):
    assert ondol("ask", "Hello there.", "--no-docs").out == "Hello there.\n"


@pytest.mark.parametrize(
    ("model", "code", "message"),
    [
        ("lama.cpp:x", 4, "No model runtime is called 'lama.cpp'.\n  → Did you mean 'llama.cpp'?"),
        ("llama.cpp:gemma-3-27m", 4, "No model is called 'gemma-3-27m'.\n  → Did you mean 'gemma-3-270m'?"),
        (
            "llama.cpp:gemma-3-270m",
            4,
            "The model 'gemma-3-270m' is not on this machine.\n  → Fetch it with: ondol setup",
        ),
        ("gemma", 2, "'gemma' names no chat model: it is written runtime:name.\n  → "),
    ],
)
def test_a_model_that_cannot_be_opened_is_told(ondol, filled, model, code, message):
    ran = ondol("ask", "When?", "--model", model)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith(message)


def test_a_question_is_needed(ondol, monkeypatch):
    assert ondol("ask").err.startswith("A question is missing.\n  → ")
    monkeypatch.setenv("ONDOL_LANG", "ko")
    assert ondol("ask").err.startswith("질문이 없습니다.\n")
