"""Lines of PDF pages to paragraphs: which lines belong together, and whether a space stood between them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from ondol.ingest.formats.korean_spacing import Spacing
from ondol.ingest.markers import starts_item
from ondol.ingest.parsed import canonical
from ondol.library.rows import Span

MARGIN = 0.12
"""Share of the page's height above and below in which running headers and footers stand."""
REPEATED = 0.6
"""Share of the pages on which a line must return to be one."""
PARAGRAPH_GAP = 2.2
"""Distance of two base lines, in line heights, that separates paragraphs; Korean statutes set theirs 1.6 apart."""
SAME_SIZE = 1.2
"""Ratio of heights up to which two lines can belong to one paragraph; punctuation alone makes 1.08."""
NARROWEST = 18
"""Width of a column of text in line heights; three-column pages have 20, till receipts 16."""
WIDEST_SET = 1.3
"""Width of a line over that of its characters, from which it must hold gaps; justified lines have up to 1.15."""
EDGE = 16.0
"""Points within which lines that are not justified end before the margin."""
HYPHENS = "\x02\ufffe\xad"
"""What pdfium writes for a hyphen that only the line end asked for."""
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufeff\ufffe\uffff\xad]")


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
    word_width: float
    """Width of the first word."""
    page_height: float

    @property
    def is_prose(self) -> bool:
        """Long enough to fill a column, and without the gaps of a table row."""
        wide = sum(1 for char in self.text if char > "\u1100")
        expected = self.size * (wide + 0.5 * (len(self.text) - wide))
        width = self.right - self.left
        return width >= NARROWEST * self.size and width <= WIDEST_SET * expected


def drop_running_lines(pages: Sequence[list[Line]]) -> list[list[Line]]:
    """Leave out headers and footers: lines in the margins that return, but for their numbers, on most pages."""
    seen = Counter(key for lines in pages for key in {_running_key(line) for line in lines} if key)
    least = max(3, REPEATED * len(pages))
    return [[line for line in lines if seen[_running_key(line)] < least] for lines in pages]


def _running_key(line: Line) -> str:
    inner = MARGIN * line.page_height < line.bottom < (1 - MARGIN) * line.page_height
    return "" if inner else re.sub(r"\d+|\s+", "#", line.text.strip())


def join_lines(pages: Sequence[list[Line]]) -> tuple[str, list[Span]]:
    """The text of all pages, and where each page starts and ends in it."""
    spacing = Spacing([line.text for page in pages for line in page])
    margins = _right_margins(pages)
    starts: list[int] = []
    parts: list[str] = []
    length, previous = 0, None
    for page in pages:
        first = True
        for line in page:
            text = canonical(CONTROL.sub("", line.text)).strip()
            gap = _gap(previous, line, margins, spacing) if previous else ""
            parts += [gap, text]
            length += len(gap)
            if first:
                starts.append(length)
                first = False
            length += len(text)
            previous = line
        if first:
            starts.append(length)  # an empty page
    text = "".join(parts)
    return text, list(pairwise([0, *starts[1:], len(text)]))


def add_to_pages(text: str, spans: Sequence[Span], marks: Mapping[int, Sequence[str]]) -> tuple[str, list[Span]]:
    """The text with more at the end of some pages, each a block of its own."""
    parts: list[str] = []
    ends: list[int] = []
    length = 0
    for number, (start, end) in enumerate(spans):
        page = text[start:end]
        more = "\n".join(canonical(mark).strip() for mark in marks.get(number, ()))
        if more:
            page = f"{page.rstrip()}\n\n{more}\n\n" if page.strip() else f"{more}\n\n"
        parts.append(page)
        length += len(page)
        ends.append(length)
    whole = "".join(parts).rstrip()
    return whole, [(min(start, len(whole)), min(end, len(whole))) for start, end in pairwise([0, *ends])]


def _gap(line: Line, following: Line, margins: list[float], spacing: Spacing) -> str:
    """What stands between two lines: nothing, a space, a line end or an empty line."""
    before = line.text.rstrip("\r ")
    drop = line.bottom - following.bottom
    turned = drop < -line.size  # next page or column
    if before.endswith(tuple(HYPHENS)):
        return ""
    if not turned and drop > PARAGRAPH_GAP * max(line.size, following.size):
        return "\n\n"
    alike = max(line.size, following.size) <= SAME_SIZE * min(line.size, following.size)
    if not alike or abs(drop) < 0.3 * line.size or starts_item(following.text):
        return "\n"
    rest = _rest(line, margins)
    if not line.is_prose or rest is None or rest > following.word_width + 0.5 * following.char_width:
        return "\n"  # the next word would have fitted: the author ended this line
    if line.text.endswith(" ") or rest >= following.char_width:
        return " "
    return " " if spacing.has_space(before, following.text) else ""


def _rest(line: Line, margins: list[float]) -> float | None:
    """Room left between the line's end and the margin it runs up to; None where there is no such margin."""
    return min((margin - line.right for margin in margins if margin >= line.right - 0.5 * line.size), default=None)


def _right_margins(pages: Sequence[list[Line]]) -> list[float]:
    """Right edges of columns: where at least 2 lines and 15 % of all prose end; the rightmost of a band."""
    ends = sorted(line.right for page in pages for line in page if line.is_prose)
    least = max(2, 0.15 * len(ends))
    edges = [end for place, end in enumerate(ends, 1) if place - bisect_right(ends, end - EDGE) >= least]
    return [edge for edge, following in pairwise([*edges, inf]) if following - edge > EDGE]
