"""Questions with their answers, from JSONL rows or from any table that fine-tuning reads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ondol.errors import UnusableInput
from ondol.evaluate.rows import bad_line, is_jsonl, json_rows, name_in, read_lines
from ondol.finetune.data import DataSource, load_source
from ondol.lang import Language, detect_language, nfc, translate

HINT = 'A row is written {{"id": "1", "question": "…", "answers": ["…"]}}.'


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerQuestion:
    id: str
    question: str
    answers: tuple[str, ...] = ()
    """References: any of them is right."""
    context_id: str = ""
    """The document that holds the answer; empty when nobody says."""
    answerable: bool = True
    """False when the right reply is that there is no answer."""

    @property
    def language(self) -> Language:
        return detect_language(self.question)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerQuestions:
    rows: list[AnswerQuestion]
    problems: list[str] = field(default_factory=list)
    """Rows that were left out, with the reason, for people."""

    def digest(self) -> str:
        """Changes with any word of the questions and their answers."""
        return hashlib.sha256(repr([asdict(row) for row in self.rows]).encode()).hexdigest()


def read_answer_questions(path: Path, *, limit: int | None = None) -> AnswerQuestions:
    """The first `limit` questions of a file.

    Raises:
        NotFound, UnusableInput, UsageError: the file is not there, a line of JSONL is no question, an id stands twice,
            or the columns of a table cannot be told.
    """
    lines = read_lines(path) if path.suffix.lower() == ".jsonl" else []
    rows = list(json_rows(lines, path)) if lines and is_jsonl(lines) else []
    found = _own_rows(path, rows) if rows and "question" in rows[0][1] else _examples(path)
    found.rows[:] = found.rows[:limit]
    seen = set[str]()
    for row in found.rows:
        if row.id in seen:
            raise UnusableInput(
                "The id {name} stands twice in {path}.", hint="Give every question its own id.", name=row.id, path=path
            )
        seen.add(row.id)
    return found


def _own_rows(path: Path, rows: list[tuple[int, dict[str, Any]]]) -> AnswerQuestions:
    return AnswerQuestions(rows=[_row(path, number, row) for number, row in rows])


def _row(path: Path, number: int, row: Mapping[str, Any]) -> AnswerQuestion:
    question = row.get("question")
    if not isinstance(question, str) or not question.strip():
        raise bad_line(path, number, "the question is empty", hint=HINT)
    answers = tuple(_answers(row.get("answers", row.get("answer"))))
    if None in answers:
        raise bad_line(path, number, "an answer is no text", hint=HINT)
    answerable = row.get("answerable", bool(answers))
    if not isinstance(answerable, bool):
        raise bad_line(path, number, "answerable is neither true nor false", hint=HINT)
    return AnswerQuestion(
        id=name_in(row.get("id")) or str(number), question=nfc(question).strip(),
        answers=tuple(answer for answer in answers if answer), context_id=name_in(row.get("context_id")),
        answerable=answerable,
    )  # fmt: skip


def _answers(value: Any) -> Iterator[str | None]:
    """Texts that are not empty; None for what is none. SQuAD's `{"text": […]}` is read too."""
    if isinstance(value, dict):
        value = value.get("text")
    for item in value if isinstance(value, list) else [value]:
        text = str(item) if isinstance(item, int | float) and not isinstance(item, bool) else item
        if text is None or (isinstance(text, str) and not text.strip()):
            continue
        yield nfc(text).strip() if isinstance(text, str) else None


def _examples(path: Path) -> AnswerQuestions:
    """Examples of fine-tuning: each with one answer, its id the row; what is no single question is left out."""
    loaded = load_source(DataSource(path=path))
    found = AnswerQuestions(rows=[], problems=list(loaded.problems))
    for example in loaded.examples:
        if len([turn for turn in example.prompt if turn["role"] != "system"]) != 1:
            why = "the text has no question" if example.text else "the conversation has several questions"
            found.problems.append(f"{example.where}: {translate(why)}")
            continue
        row = AnswerQuestion(id=example.where, question=nfc(example.question), answers=(nfc(example.answer),))
        found.rows.append(row)
    if not found.rows:
        raise UnusableInput(
            "{path} holds no question with an answer: {reason}", hint=HINT, path=path, reason=found.problems[0]
        )
    return found
