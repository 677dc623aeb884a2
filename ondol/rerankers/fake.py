"""Shared words: a reranker without a model, for tests and for trying things."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ondol.lang import nfc
from ondol.rerankers.contract import Reranker

WORD = re.compile(r"\w+")


def open_fake(name: str = "", **_: Any) -> FakeReranker:  # noqa: ARG001 - every opener takes a name
    """Open the fake; it takes the options of every opener and needs none."""
    return FakeReranker()


class FakeReranker(Reranker):
    """The share of the query's words that stand in the text, 0 to 1."""

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        wanted = _words(query)
        return [len(wanted & _words(text)) / max(1, len(wanted)) for text in texts]


def _words(text: str) -> set[str]:
    return set(WORD.findall(nfc(text).casefold()))
