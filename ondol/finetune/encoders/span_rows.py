"""Rows of questions, contexts and answers with their places, some without an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ondol.errors import UnusableInput
from ondol.finetune.columns import NAMES as CHAT_NAMES
from ondol.finetune.data import DataSource
from ondol.finetune.encoders.columns import beside, text_of
from ondol.finetune.examples import Example, ask_and_answer
from ondol.finetune.files import read_rows
from ondol.lang import nfc

NAMES = {
    "question": CHAT_NAMES["question"],
    "context": "context passage paragraph document text 문맥 지문 본문 문단 문서",
    "context_id": "contextid passageid documentid 문맥번호 지문번호",
    "answers": "answers answer 답변 답 정답 응답",
    "starts": "answerstarts answerstart start starts 시작 답위치",
    "impossible": "isimpossible impossible unanswerable 답없음",
}
NEEDED = ("question",)


@dataclass(frozen=True, slots=True)
class SpanRow:
    question: str
    context: str
    answers: tuple[str, ...]
    """Right answers as they stand in the context; empty where it has none."""
    start: int
    """Place of the first answer in characters; −1 where there is none."""
    example: Example


def make_span_row(values: Mapping[str, Any], where: str, source: DataSource) -> SpanRow:
    """Raises UnusableInput where the question or context is empty, or the answer does not stand in the context."""
    question, context = text_of(values.get("question")), _context(values, source)
    if not question or not context.strip():
        raise UnusableInput("the question or its context is empty")
    answers, starts = _answers(values)
    if _yes(values.get("impossible")):
        answers, starts = [], []
    start = _locate(context, answers[0], starts[0] if starts else -1) if answers else -1
    if answers and start < 0:
        raise UnusableInput("the answer does not stand in the context: '{answer}'", answer=answers[0][:80])
    return SpanRow(question, context, tuple(answers), start, ask_and_answer(question, _told(answers), where=where))


def _told(answers: list[str]) -> str:
    return answers[0] if answers else "–"


def _context(values: Mapping[str, Any], source: DataSource) -> str:
    """The row's own, its spaces kept because answers count from its start; or the one its `context_id` names."""
    own = values.get("context")
    if isinstance(own, str) and own.strip():
        return own
    path = source.columns.get("contexts", "")
    file = (
        beside(source.path, path) if path else source.path.with_name(source.path.name.replace("questions", "contexts"))
    )
    if file == source.path or not (path or file.is_file()):
        raise UnusableInput("it has no context, and no file of contexts is known (--map contexts=FILE)")
    name = text_of(values.get("context_id"))
    context = _contexts(file).get(name, "")
    if not context:
        raise UnusableInput("{file} has no context '{name}'", file=file.name, name=name)
    return context


@lru_cache(maxsize=4)
def _contexts(path: Path) -> dict[str, str]:
    rows = read_rows(path).rows
    return {str(values.get("id", "")): str(values.get("text") or values.get("context") or "") for _, values in rows}


def _answers(values: Mapping[str, Any]) -> tuple[list[str], list[int]]:
    """Answers and starts; also as SQuAD writes them, `{"text": […], "answer_start": […]}`."""
    given: Any = values.get("answers")
    starts: Any = values.get("starts")
    if isinstance(given, dict):
        given, starts = given.get("text"), given.get("answer_start", starts)
    if isinstance(given, list) and given and isinstance(given[0], dict):
        starts = [one.get("answer_start", -1) for one in given]
        given = [one.get("text", "") for one in given]
    answers = [nfc(str(one)) for one in (given if isinstance(given, list) else [given or ""])]
    places = starts if isinstance(starts, list) else [starts] * bool(answers)
    kept = [(answer, _number(place)) for answer, place in zip(answers, [*places, *[-1] * len(answers)], strict=False)]
    kept = [(answer, place) for answer, place in kept if answer.strip()]
    return [answer for answer, _ in kept], [place for _, place in kept]


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return -1


def _yes(value: Any) -> bool:
    return value is True or str(value).strip().lower() in ("true", "1", "yes", "예", "참")


def _locate(context: str, answer: str, start: int) -> int:
    """The occurrence at `start`, else the one nearest to it (offsets shift when a text is composed)."""
    if start >= 0 and context.startswith(answer, start):
        return start
    places, at = [], context.find(answer)
    while at >= 0:
        places.append(at)
        at = context.find(answer, at + 1)
    return min(places, key=lambda place: abs(place - max(0, start)), default=-1)
