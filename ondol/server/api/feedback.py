"""/api/feedback: answers that people called good or bad."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ondol.evaluate.feedback import describe_answer, mark_answer, read_feedback
from ondol.server.api.parts import ERRORS, LONGEST_NAME, Asked, Parts, Shape

router = APIRouter(prefix="/api/feedback", tags=["feedback"], responses=ERRORS)
LONGEST = 100_000
"""Characters of a question or an answer."""


class Cited(BaseModel):
    document_id: str = Field(max_length=LONGEST)


class Marked(BaseModel):
    """As POST /api/ask has given it; what is not kept may be left out."""

    question: str = Field(max_length=LONGEST)
    answer: str = Field(max_length=LONGEST)
    short: str | None = Field(default=None, max_length=LONGEST)
    abstained: bool = False
    model: str = Field(default="", max_length=LONGEST_NAME)
    citations: list[Cited] = Field(default=[], max_length=1000)


class Feedback(Asked):
    answer: Marked
    mark: Literal["good", "bad"]
    right: str = Field(default="", max_length=LONGEST, description="What should have been said.")


class Mark(Shape):
    question: str
    answer: str
    mark: str
    right: str
    time: str


class Marks(Shape):
    feedback: list[Mark]


@router.post("")
def keep(asked: Feedback, engine: Parts) -> Mark:
    """Keep a mark; the same question marked again replaces what was said of it."""
    answer: dict[str, Any] = describe_answer(asked.answer.model_dump())
    return Mark(**mark_answer(engine.settings.home, answer, asked.mark, right=asked.right))


@router.get("")
def list_marks(engine: Parts) -> Marks:
    """Every mark, the oldest first."""
    return Marks.model_validate({"feedback": read_feedback(engine.settings.home)})
