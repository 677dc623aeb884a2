"""What ondol needs of a reranker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Reranker(Protocol):
    """Tells how well each passage answers a question, reading both together."""

    def score(self, question: str, passages: Sequence[str]) -> list[float]:
        """One number a passage, in the order given; higher is better, the scale is the model's own."""

    def close(self) -> None:
        """Give back what the model holds; it is not used afterwards."""
