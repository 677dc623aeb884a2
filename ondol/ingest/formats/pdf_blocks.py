"""What a page of a PDF is made of, lines and tables, and how a table reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
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
"""Cells with digits below one without, from which the first row of a table names its columns."""
FULL = 0.75
"""Share of the cells below the first row with something in them, from which it does so as well."""


class Word(NamedTuple):
    text: str
    left: float
    right: float


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
        more = " " if end == len(self.words) and self.text.endswith(" ") else ""
        return replace(
            self, text=" ".join(word.text for word in words) + more, left=first.left, right=words[-1].right,
            char_width=(first.right - first.left) / len(first.text), words=words,
        )  # fmt: skip

    def split(self, wide: float) -> list[Line]:
        """Its parts between gaps of `wide` heights or more."""
        gaps = enumerate(pairwise(self.words), 1)
        cuts = [place for place, (one, other) in gaps if other.left - one.right >= wide * self.size]
        return [self.part(start, end) for start, end in pairwise([0, *cuts, len(self.words)])]

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


Block = Line | Table


def table_texts(table: Table, spacing: Spacing, above: list[str]) -> tuple[list[str], list[str]]:
    """The rows as texts, and the names of the columns.

    Args:
        above: names of the columns of a table that this one goes on from; empty for none.
    """
    rows = [[_cell_text(cell, spacing) for cell in row] for row in table.rows]
    first = names_at(rows)
    if first is None or first == len(rows) - 1 or not _are_names(rows[first], rows[first + 1 :]):
        return [row_text(above, row) for row in rows], above
    titles = [row_text([], row) for row in rows[:first]]
    return [*titles, *(row_text(rows[first], row) for row in rows[first + 1 :])], rows[first]


def _are_names(names: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a row of texts names columns, and is not one of a form like `Name | Kim | Town | Seoul`."""
    if sum(map(bool, (cell for row in below for cell in row))) >= FULL * len(below) * len(names):
        return True
    for name, *cells in zip(names, *below, strict=True):
        filled = [cell for cell in cells if cell]
        numbered = sum(1 for cell in filled if DIGIT.search(cell))
        if numbered >= NUMBERED and numbered > 0.5 * len(filled) and not DIGIT.search(name):
            return True
    return False


def _cell_text(lines: Sequence[Line], spacing: Spacing) -> str:
    """The lines of a cell as one; where the next word would have fitted the line was ended on purpose."""
    widest = max((line.right - line.left for line in lines), default=0.0)
    text = ""
    for line, following in pairwise([*lines, None]):
        assert line
        rest = widest - (line.right - line.left)
        text += line.text.strip()
        if following and not text.endswith(tuple(HYPHENS)):
            short = line.text.endswith(" ") or rest >= following.char_width
            text += " " if short or spacing.has_space(line.text, following.text) else ""
    return canonical(CONTROL.sub("", text))
