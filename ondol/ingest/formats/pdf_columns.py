"""Reading order of PDF pages with columns of text: each column to its end, between what spans them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from ondol.ingest.formats.pdf_blocks import WIDE, Block, Line

FEWEST = 3
"""Lines of a column."""
NARROWEST = 10.0
"""Width of a column in line heights; three-column pages have 13 to 20."""
FULL = 0.6
"""Share of the column's width that most of its lines reach."""
MOST_COLUMNS = 4
SHORTEST = 3.0
"""Width in line heights of what a gutter is looked for between; page numbers stand in the middle of it."""
SPANNING = 2.0
"""Lines that cross a gutter for each line of the smaller column beside it, at most."""
FLAT = 1.0
"""Points by which a line may stand above the one before it."""
FIGURE = 4.0
"""Height of an empty band across all columns, in line heights, above and below which they are read by themselves."""


def order_columns(blocks: Sequence[Block]) -> list[Block]:
    """The blocks column after column; as they are when the page has no columns of prose."""
    gutters = _gutters([block for block in blocks if isinstance(block, Line)])
    if not gutters:
        return list(blocks)
    parts = [part for block in blocks for part in (_cut(block, gutters) if isinstance(block, Line) else [block])]
    order = {id(part): number for number, part in enumerate(parts)}
    ordered: list[Block] = []
    for band in _bands(parts, gutters):
        columns: dict[int, list[Block]] = {}
        for part in band:
            columns.setdefault(_place(part, gutters) or 0, []).append(part)
        for _, column in sorted(columns.items()):
            as_told = sorted(column, key=lambda part: order[id(part)])
            falls = all(other.bottom <= one.bottom + FLAT for one, other in pairwise(as_told))
            ordered += as_told if falls else column
    return ordered


def _cut(line: Line, gutters: Sequence[float]) -> list[Line]:
    """Its parts in different columns; a line that spans them has no wide gap there."""
    cuts = [
        place
        for place, (one, other) in enumerate(pairwise(line.words), 1)
        if other.left - one.right >= WIDE * line.size and any(one.right <= at <= other.left for at in gutters)
    ]
    return [line.part(start, end) for start, end in pairwise([0, *cuts, len(line.words)])]


def _gutters(lines: Sequence[Line]) -> list[float]:
    """Middles of the gaps between columns of prose, from the left; none where one column is no prose."""
    parts = [part for line in lines for part in line.split(WIDE)]
    if len(parts) < 2 * FEWEST:
        return []
    size = median(line.size for line in lines)
    found = _gaps([part for part in parts if part.right - part.left >= SHORTEST * size], WIDE * size)
    if not found or len(found) >= MOST_COLUMNS:
        return []
    columns: list[list[Line]] = [[] for _ in range(len(found) + 1)]
    for part in (part for line in lines for part in _cut(line, found)):
        place = _place(part, found)
        if place is not None:
            columns[place].append(part)
    if not all(_is_prose(column, size) for column in columns):
        return []
    return found if min(_overlap(one, other) for one, other in pairwise(columns)) >= FEWEST * size else []


def _gaps(lines: Sequence[Line], wide: float) -> list[float]:
    """Places that few lines cross and beside which many begin and end."""
    least = max(FEWEST, 0.1 * len(lines))
    lefts, rights = sorted(line.left for line in lines), sorted(line.right for line in lines)
    best: list[tuple[int, float, float]] = []
    for left, right in pairwise(sorted({*lefts, *rights})):
        before, after = bisect_right(rights, left), len(lines) - bisect_left(lefts, right)
        crossing = len(lines) - before - after
        if right - left < wide or min(before, after) < least or crossing > SPANNING * min(before, after):
            continue
        found = (crossing, left - right, (left + right) / 2)
        if best and sum(1 for line in lines if best[-1][2] < line.left and line.right < found[2]) < FEWEST:
            best[-1] = min(best[-1], found)
        else:
            best.append(found)
    return [place for _, _, place in best]


def _place(part: Block, gutters: Sequence[float]) -> int | None:
    """The column of a part; None where it spans several."""
    first = sum(1 for gutter in gutters if part.left >= gutter)
    last = sum(1 for gutter in gutters if part.right > gutter)
    return first if first == last else None


def _overlap(one: Sequence[Line], other: Sequence[Line]) -> float:
    """Height in which two columns stand side by side."""
    tops = min(max(line.top for line in one), max(line.top for line in other))
    bottoms = max(min(line.bottom for line in one), min(line.bottom for line in other))
    return tops - bottoms


def _is_prose(column: Sequence[Line], size: float) -> bool:
    if len(column) < FEWEST:
        return False
    width = max(line.right for line in column) - min(line.left for line in column)
    full = [line for line in column if line.right - line.left >= FULL * width]
    worded = [line for line in full if len(line.words) > 2 or len(line.text) > 15]
    return width >= NARROWEST * size and len(worded) >= 0.5 * len(column)


def _bands(parts: Sequence[Block], gutters: Sequence[float]) -> list[list[Block]]:
    """Parts of the page from the top: what spans the columns, and what stands between that."""
    bands: list[list[Block]] = [[]]
    reached = None
    for part in sorted(parts, key=lambda part: -part.top):
        spans = _place(part, gutters) is None
        empty = reached is not None and isinstance(part, Line) and reached - part.top > FIGURE * part.size
        if spans or empty:
            bands.append([])
        bands[-1].append(part)
        if spans:
            bands.append([])
        reached = part.bottom if reached is None else min(reached, part.bottom)
    return bands
