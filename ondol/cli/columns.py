"""Text in terminal columns: Hangul takes two."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Iterator

WIDEST = 100
"""Columns of a line of text; longer ones are hard to read, however wide the terminal is."""


def terminal_width() -> int:
    return min(shutil.get_terminal_size().columns, WIDEST)


def width_of(text: str) -> int:
    return sum(_width(char) for char in text)


def pad(text: str, columns: int) -> str:
    """`text` with spaces after it; a longer one stays whole."""
    return text + " " * (columns - width_of(text))


def wrap(text: str, columns: int, *, lines: int) -> list[str]:
    """At most `lines` lines of words; the last one ends with `…` where words are left out."""
    made: list[str] = []
    for line in _fill(text.split(), columns):
        if len(made) == lines:
            last = made[-1]
            while width_of(last) > columns - 2:
                last = last.rpartition(" ")[0] or last[:-1]
            return [*made[:-1], f"{last} …"]
        made.append(line)
    return made


def _fill(words: list[str], columns: int) -> Iterator[str]:
    line = ""
    for word in words:
        joined = f"{line} {word}" if line else word
        if width_of(joined) <= columns:
            line = joined
            continue
        if line:
            yield line
        *pieces, line = _cut(word, columns)
        yield from pieces
    if line:
        yield line


def _cut(word: str, columns: int) -> list[str]:
    """A word that no line holds, in pieces that fit."""
    pieces = [""]
    for char in word:
        if width_of(pieces[-1] + char) > columns:
            pieces.append("")
        pieces[-1] += char
    return pieces


def _width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
