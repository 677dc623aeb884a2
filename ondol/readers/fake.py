"""`fake:` takes the longest run of words that the question does not say, for tests and for trying without a model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ondol.readers.contract import Span

WORD = re.compile(r"\w+(?:[.:,]\d+)*")
SENTENCE = re.compile(r"[^.!?\n]+(?:\.\d[^.!?\n]*)*")


def open_fake(name: str = "", **_: Any) -> FakeReader:
    return FakeReader(f"fake:{name}")


class FakeReader:
    """Margins are the number of words that question and sentence share, less 1.5."""

    def __init__(self, spec: str = "fake:") -> None:
        self.spec = spec

    def find_each(self, question: str, texts: Sequence[str], begins: Sequence[int] = ()) -> list[Span]:
        """See `Reader`."""
        asked = {word.lower() for word in WORD.findall(question)}
        starts = begins or [0] * len(texts)
        return [
            self._find(asked, number, text, begin)
            for number, (text, begin) in enumerate(zip(texts, starts, strict=True))
        ]

    def _find(self, asked: set[str], number: int, text: str, begin: int) -> Span:
        best = Span(number, begin, begin, "", 0.0, 1.5)
        for sentence in SENTENCE.finditer(text, begin):
            words = [(found.start(), found.end()) for found in WORD.finditer(text, *sentence.span())]
            shared = [text[slice(*place)].lower() in asked for place in words]
            runs = [
                (words[first][0], words[last][1])
                for first in range(len(words)) for last in range(first, len(words))
                if not any(shared[first : last + 1])
            ]  # fmt: skip
            if runs and sum(shared) > best.score:
                start, end = max(runs, key=lambda run: run[1] - run[0])
                best = Span(number, start, end, text[start:end], float(sum(shared)), 1.5)
        return best

    def close(self) -> None:
        """There is nothing to close."""
