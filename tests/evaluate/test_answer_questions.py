"""Questions come from JSONL rows, and from tables as fine-tuning reads them."""

import unicodedata

import pytest

from ondol.errors import UnusableInput
from ondol.evaluate.answer_questions import read_answer_questions


def test_rows_say_their_answers_and_their_document(write):
    decomposed = unicodedata.normalize("NFD", "세종은 누구인가요?")
    path = write(
        "q.jsonl",
        {"id": 7, "question": decomposed, "answers": ["왕", " "], "context_id": "c1"},
        {"question": "Who?", "answer": "Ada"},
        {"id": "n", "question": "Nobody?", "answers": []},
        {"id": "s", "question": "SQuAD?", "answers": {"text": ["a", 4], "answer_start": [1, 2]}, "answerable": True},
    )
    rows = read_answer_questions(path).rows
    assert [(row.id, row.answers, row.answerable, row.language) for row in rows] == [
        ("7", ("왕",), True, "ko"), ("2", ("Ada",), True, "en"), ("n", (), False, "en"), ("s", ("a", "4"), True, "en"),
    ]  # fmt: skip
    assert rows[0].context_id == "c1"
    assert rows[0].question == "세종은 누구인가요?"
    assert len(read_answer_questions(path, limit=2).rows) == 2


def test_the_digest_changes_with_a_word(write):
    one = read_answer_questions(write("a.jsonl", {"id": "1", "question": "Who?", "answers": ["Ada"]}))
    two = read_answer_questions(write("b.jsonl", {"id": "1", "question": "Who?", "answers": ["Bob"]}))
    assert one.digest() != two.digest()


@pytest.mark.parametrize(
    ("row", "reason"),
    [({"question": " "}, "the question is empty"), ({"question": "x", "answers": [["y"]]}, "an answer is no text"),
     ({"question": "x", "answers": ["y"], "answerable": 1}, "answerable is neither true nor false")],
)  # fmt: skip
def test_a_bad_line_is_told(write, row, reason):
    path = write("q.jsonl", {"question": "Fine?", "answers": ["yes"]}, row)
    with pytest.raises(UnusableInput) as caught:
        read_answer_questions(path)
    assert caught.value.message == f"Line 2 of {path}: {reason}."
    assert caught.value.hint == 'A row is written {"id": "1", "question": "…", "answers": ["…"]}.'


def test_an_id_stands_once(write):
    path = write("q.jsonl", {"id": 1, "question": "a", "answer": "b"}, {"id": "1", "question": "c", "answer": "d"})
    with pytest.raises(UnusableInput, match="The id 1 stands twice"):
        read_answer_questions(path)


def test_a_table_is_read_as_fine_tuning_reads_it(write):
    found = read_answer_questions(
        write("food.csv", "질문,답변", "김치란?,발효한 채소", "밥이란?,", "국이란?,국물 요리")
    )
    assert [(row.id, row.question, row.answers) for row in found.rows] == [
        ("food.csv:1", "김치란?", ("발효한 채소",)), ("food.csv:3", "국이란?", ("국물 요리",)),
    ]  # fmt: skip
    assert len(found.problems) == 1
    assert found.problems[0].startswith("food.csv:2")


def test_conversations_of_several_questions_are_left_out(write):
    turns = [{"role": role, "content": f"{role} {n}"} for n in (1, 2) for role in ("user", "assistant")]
    path = write("chat.jsonl", {"messages": turns}, {"messages": turns[:2]})
    found = read_answer_questions(path)
    assert [row.question for row in found.rows] == ["user 1"]
    assert found.problems == ["chat.jsonl:1: the conversation has several questions"]
    with pytest.raises(UnusableInput, match="holds no question with an answer"):
        read_answer_questions(write("none.jsonl", {"messages": turns}))
