"""Lines of PDF pages to paragraphs: which lines belong together, and whether a space stood between them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import inf
from typing import NamedTuple

from ondol.ingest.formats.korean_spacing import Spacing
from ondol.ingest.formats.pdf_blocks import CONTROL, HYPHENS, Block, Line, Table, table_texts
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
EDGE = 16.0
"""Points within which lines that are not justified end before the margin."""


def drop_running_lines(pages: Sequence[list[Line]]) -> list[list[Line]]:
    """Leave out headers and footers: lines in the margins that return, but for their numbers, on most pages."""
    seen = Counter(key for lines in pages for key in {_running_key(line) for line in lines} if key)
    least = max(3, REPEATED * len(pages))
    return [[line for line in lines if seen[_running_key(line)] < least] for lines in pages]


def _running_key(line: Line) -> str:
    inner = MARGIN * line.page_height < line.bottom < (1 - MARGIN) * line.page_height
    return "" if inner else re.sub(r"\d+|\s+", "#", line.text.strip())


class Joined(NamedTuple):
    text: str
    pages: list[Span]
    rows: list[Span]
    """Rows of tables."""


def join_lines(pages: Sequence[Sequence[Block]]) -> Joined:
    """The text of all pages, and where each page and each row of a table starts and ends in it."""
    lines = [[block for block in page if isinstance(block, Line)] for page in pages]
    spacing = Spacing(list(_texts(pages)))
    margins = _right_margins(lines)
    starts: list[int] = []
    rows: list[Span] = []
    parts: list[str] = []
    names: list[str] = []
    length, previous = 0, None
    for page in pages:
        first = True
        for block in page:
            if isinstance(block, Table):
                texts, names = table_texts(block, spacing, names if first and _goes_on(previous, block) else [])
            else:
                texts = [canonical(CONTROL.sub("", block.text)).strip()]
            for text in texts:
                gap = _gap(previous, block, margins, spacing) if previous else ""
                parts += [gap, text]
                length += len(gap)
                if first:
                    starts.append(length)
                    first = False
                if isinstance(block, Table):
                    rows.append((length, length + len(text)))
                length += len(text)
                previous = block
        if first:
            starts.append(length)  # an empty page
    text = "".join(parts)
    return Joined(text, list(pairwise([0, *starts[1:], len(text)])), rows)


def _texts(pages: Sequence[Sequence[Block]]) -> Iterator[str]:
    for page in pages:
        for block in page:
            if isinstance(block, Line):
                yield block.text
            else:
                yield from (line.text for row in block.rows for cell in row for line in cell)


def _goes_on(previous: Block | None, table: Table) -> bool:
    """Whether a table at the top of a page has the columns of the last one of the page before."""
    if not isinstance(previous, Table) or len(previous.rows[0]) != len(table.rows[0]):
        return False
    return abs(previous.left - table.left) <= EDGE and abs(previous.right - table.right) <= EDGE


def add_to_pages(joined: Joined, marks: Mapping[int, Sequence[str]]) -> Joined:
    """The text with more at the end of some pages, each a block of its own."""
    parts: list[str] = []
    ends, moved = [0], [0]
    for number, (start, end) in enumerate(joined.pages):
        page = joined.text[start:end]
        more = "\n".join(canonical(mark).strip() for mark in marks.get(number, ()))
        if more:
            page = f"{page.rstrip()}\n\n{more}\n\n" if page.strip() else f"{more}\n\n"
        parts.append(page)
        ends.append(ends[-1] + len(page))
        moved.append(ends[-1] - end)
    whole = "".join(parts).rstrip()
    pages = [(min(start, len(whole)), min(end, len(whole))) for start, end in pairwise(ends)]
    last = [end for _, end in joined.pages]
    shifts = [(start, end, moved[bisect_right(last, start)]) for start, end in joined.rows]
    return Joined(whole, pages, [(start + shift, end + shift) for start, end, shift in shifts])


def _gap(line: Block, following: Block, margins: list[float], spacing: Spacing) -> str:
    """What stands between two lines: nothing, a space, a line end or an empty line."""
    if isinstance(line, Table) or isinstance(following, Table):
        return "\n\n"
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
