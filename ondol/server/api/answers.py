"""An answer as routes tell it: whole, or as events while it is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from ondol.answer.answer import Answer, Thought
from ondol.server.api.hits import Hit
from ondol.server.api.parts import Shape

Piece = str | Thought | Answer
Event = tuple[str, dict[str, Any]]
"""Name and data: queue, hits, thinking, token, answer."""


class Citation(Shape):
    """One verbatim span: `text[start:end] == quote`."""

    mark: int = Field(description="The n of [n] in the answer.")
    document_id: str
    source: str
    page: int | None
    start: int
    end: int
    quote: str
    unit: str
    page_name: str
    words: tuple[int, int] | None = Field(description="Start and end in the source of the words that answer.")


class Usage(Shape):
    prompt_tokens: int
    completion_tokens: int


class Answered(Shape):
    """As `ondol ask --json`, with an id."""

    id: str
    thread: str | None = Field(description="Name of the conversation, which a first question may have changed.")
    question: str
    answer: str
    short: str | None
    quoted: bool = Field(description="The text is the sources' own sentences.")
    abstained: bool = Field(description="The documents do not tell.")
    agrees: bool | None
    confidence: float
    citations: list[Citation]
    hits: list[Hit]
    model: str
    reader: str
    prompt: dict[str, Any]
    usage: Usage
    ms: dict[str, float | None]
    thinking: str
    finish_reason: str
    left_out: str


def tell(pieces: Iterator[Piece], **about: Any) -> Iterator[Event]:
    """The events of an answer; `about` is added to the last one."""
    for piece in pieces:
        match piece:
            case Answer():
                yield "answer", {**piece.to_json(), **about}
            case Thought(text):
                yield "thinking", {"text": text}
            case _:
                yield "token", {"text": piece}
