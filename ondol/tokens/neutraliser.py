"""Marks that a model obeys are made harmless in every text that is not ours."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ondol.lang import nfc

JOINER = "\u2060"
"""Word joiner: has no width, ends no line, and stands in no token; it is taken out of every answer again."""


class Neutraliser:
    """Puts a word joiner behind the first character of every mark, so that `<|im_end|>` is six ordinary tokens.

    llama.cpp turns the text of a control token into the token wherever it stands. A reader sees no difference.
    """

    def __init__(self, marks: Iterable[str]) -> None:
        self._marks = frozenset(mark for mark in marks if len(mark) > 1)
        self._lengths = sorted({len(mark) for mark in self._marks})
        self._starts = re.compile("|".join(re.escape(start) for start in sorted({mark[0] for mark in self._marks})))

    def __call__(self, text: str) -> str:
        """`text` composed (NFC), lone surrogates replaced, without marks."""
        # a pair of surrogates is one character written in two; a lone one cannot be encoded
        text = nfc(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
        return self._starts.sub(self._break, text) if self._marks else text

    def _break(self, start: re.Match[str]) -> str:
        text, at = start.string, start.start()
        return start[0] + JOINER if any(text[at : at + n] in self._marks for n in self._lengths) else start[0]


def restore(text: str) -> str:
    """A model that quotes neutralised text gives the joiner back; people must get what stood in the source."""
    return text.replace(JOINER, "")
