"""What a page of a PDF is made of, lines and tables, and how a table reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from ondol.ingest.formats.csv import names_at, row_text
from ondol.ingest.formats.korean_spacing import Spacing
from ondol.ingest.parsed import canonical

NARROWEST = 18
"""Width of a column of text in line heights; three-column pages have 20, till receipts 16."""
WIDEST_SET = 1.3
"""Width of a line over that of its characters, from which it must hold gaps; justified lines have up to 1.15."""
WIDE = 0.75
"""Least gap between two cells or columns in line heights; a stretched space in justified text seldom has more."""
HYPHENS = "\x02\ufffe\xad"
"""What pdfium writes for a hyphen that only the line end asked for."""
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufeff\ufffe\uffff\xad]")
DIGIT = re.compile(r"\d")
NUMBERED = 2
"""Cells with digits below one without, from which a row of a table names its columns."""
OTHER_FONT = 0.005
"""Ratio of the heights of two fonts, less one, from which they differ; a bold one is mostly higher."""
FULL = 0.75
"""Share of the cells below with something in them, from which the first row of a ruled table does so as well."""


class Word(NamedTuple):
    text: str
    left: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a page; lengths in points, y grows upwards."""

    text: str
    left: float
    right: float
    bottom: float
    size: float
    """Height of a character."""
    char_width: float
    """Width of the first character."""
    page_height: float
    words: tuple[Word, ...]

    @property
    def top(self) -> float:
        return self.bottom + self.size

    @property
    def word_width(self) -> float:
        """Of the first word."""
        return self.words[0].right - self.words[0].left

    def part(self, start: int, end: int) -> Line:
        """Some words of it as a line of their own."""
        if (start, end) == (0, len(self.words)):
            return self
        words = self.words[start:end]
        first = words[0]
        text = "".join(word.text if word.text.endswith(tuple(HYPHENS)) else f"{word.text} " for word in words)
        ends = end < len(self.words) or not self.text.endswith(" ")
        return replace(
            self, text=text.rstrip(" ") if ends else text, left=first.left, right=words[-1].right,
            bottom=first.bottom, char_width=(first.right - first.left) / len(first.text), words=words,
        )  # fmt: skip

    def split(self, wide: float) -> list[Line]:
        """Its parts between gaps of `wide` heights or more."""
        return self._cut(lambda one, other: other.left - one.right >= wide * self.size)

    def unwind(self) -> list[Line]:
        """Its parts where it goes back to the left: pdfium makes one line of texts that follow each other closely."""
        return self._cut(lambda one, other: other.left < one.right - self.size and abs(other.bottom - one.bottom) > 1)

    def _cut(self, between: Callable[[Word, Word], bool]) -> list[Line]:
        cuts = [place for place, (one, other) in enumerate(pairwise(self.words), 1) if between(one, other)]
        return [self.part(start, end) for start, end in pairwise([0, *cuts, len(self.words)])] if cuts else [self]

    @property
    def is_prose(self) -> bool:
        """Long enough to fill a column, and without the gaps of a table row."""
        wide = sum(1 for char in self.text if char > "\u1100")
        expected = self.size * (wide + 0.5 * (len(self.text) - wide))
        width = self.right - self.left
        return width >= NARROWEST * self.size and width <= WIDEST_SET * expected


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a page; lengths as in `Line`."""

    rows: Sequence[Sequence[Sequence[Line]]]
    """Equally many cells in each, and each cell with its lines."""
    left: float
    right: float
    bottom: float
    top: float
    ruled: bool


Block = Line | Table


def table_texts(table: Table, spacing: Spacing, above: list[str]) -> tuple[list[str], list[str]]:
    """The rows as texts, and the names of the columns.

    Args:
        above: names of the columns of a table that this one goes on from; empty for none.
    """
    widths = [
        max((_width(line) for cell in column for line in cell), default=0.0) for column in zip(*table.rows, strict=True)
    ]
    rows = [[_cell_text(cell, width, spacing) for cell, width in zip(row, widths, strict=True)] for row in table.rows]
    first = names_at(rows)
    if first is None or first == len(rows) - 1 or not _are_names(table, first, rows):
        return [row_text(above, row) for row in rows], above
    titles = [row_text([], row) for row in rows[:first]]
    return [*titles, *(row_text(rows[first], row) for row in rows[first + 1 :])], rows[first]


def _are_names(table: Table, first: int, rows: Sequence[Sequence[str]]) -> bool:
    """Whether a row of texts names columns, and is not one of a form like `Name | Kim | Town | Seoul`."""
    names, below = rows[first], rows[first + 1 :]
    filled = sum(1 for row in below for cell in row if cell)
    if table.ruled and len(names) > 2 and filled >= FULL * len(below) * len(names):
        return True
    if abs(_height(table.rows[first : first + 1]) / _height(table.rows[first + 1 :]) - 1) > OTHER_FONT:
        return True
    for name, *cells in zip(names, *below, strict=True):
        numbered = sum(1 for cell in cells if DIGIT.search(cell))
        if numbered >= NUMBERED and numbered > 0.5 * sum(map(bool, cells)) and not DIGIT.search(name):
            return True
    return False


def _height(rows: Sequence[Sequence[Sequence[Line]]]) -> float:
    return median(line.size for row in rows for cell in row for line in cell)


def _width(line: Line) -> float:
    return line.right - line.left


def _cell_text(lines: Sequence[Line], width: float, spacing: Spacing) -> str:
    """The lines of a cell as one; no word is broken where a character more would have had room in the column."""
    text = ""
    for line, following in pairwise([*lines, None]):
        assert line
        rest = width - _width(line)
        text += line.text.strip()
        if following and not text.endswith(tuple(HYPHENS)):
            short = line.text.endswith(" ") or rest >= following.char_width
            text += " " if short or spacing.has_space(line.text, following.text) else ""
    return canonical(CONTROL.sub("", text))
