"""Marks on answers are kept, and become questions of an evaluation."""

import json

import pytest

from ondol.errors import NotFound, UnusableInput, UsageError
from ondol.evaluate.answer_questions import read_answer_questions
from ondol.evaluate.feedback import mark_answer, read_feedback, read_last, remember_answer, to_questions

ANSWER = {
    "question": "언제 여나요?", "answer": "아홉 시에 엽니다. [1]", "short": None, "abstained": False, "model": "fake:",
    "citations": [{"document_id": "guide"}],
}  # fmt: skip


def test_the_last_answer_is_remembered_and_marked(tmp_path):
    with pytest.raises(NotFound, match="no answer to mark"):
        read_last(tmp_path)
    remember_answer(tmp_path, ANSWER)
    row = mark_answer(tmp_path, read_last(tmp_path), "good")
    assert (row["question"], row["mark"], row["document_ids"]) == ("언제 여나요?", "good", ["guide"])
    mark_answer(tmp_path, read_last(tmp_path), "bad", right="열 시")
    assert [(row["mark"], row["right"]) for row in read_feedback(tmp_path)] == [("bad", "열 시")]
    with pytest.raises(UsageError, match="good or bad, not 'fine'"):
        mark_answer(tmp_path, ANSWER, "fine")


def test_marks_become_questions_that_can_be_evaluated(tmp_path):
    remembered = {**ANSWER, "document_ids": ["guide"]}
    rows = [
        {**remembered, "mark": "good", "right": ""},
        {**remembered, "question": "Who?", "mark": "bad", "right": "She"},
        {**remembered, "question": "What?", "mark": "bad", "right": ""},
        {**remembered, "question": "Where?", "mark": "good", "right": "", "abstained": True, "document_ids": []},
    ]
    questions = to_questions(rows)
    assert [(row["question"], row["answers"], row["answerable"]) for row in questions] == [
        ("언제 여나요?", ["아홉 시에 엽니다."], True), ("Who?", ["She"], True), ("Where?", [], False),
    ]  # fmt: skip
    path = tmp_path / "q.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in questions), encoding="utf-8")
    assert [question.answerable for question in read_answer_questions(path).rows] == [True, True, False]


def test_a_damaged_line_is_told(tmp_path):
    (tmp_path / "feedback.jsonl").write_text("{")
    with pytest.raises(UnusableInput, match="is damaged"):
        read_feedback(tmp_path)
