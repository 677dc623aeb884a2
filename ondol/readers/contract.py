"""What a reader is: question and texts in, the likeliest spans of each text out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Span:
    text: int
    """Which of the texts."""
    start: int
    end: int
    """Characters in it; `start == end` where no span can be told."""
    answer: str
    score: float
    """Sum of the logits of the first and the last token."""
    null: float
    """The same of "no answer here" in the same window."""

    @property
    def margin(self) -> float:
        """How much likelier the span is than that there is no answer; there is one above the reader's threshold."""
        return self.score - self.null


class Reader(Protocol):
    spec: str

    def find_each(self, question: str, texts: Sequence[str], begins: Sequence[int] = ()) -> list[Span]:
        """The best span of every text.

        Args:
            begins: where the part begins in which a span may lie, for each text; 0 where not given. What stands before
                it (a title) is read too.
        """
        ...

    def close(self) -> None: ...
