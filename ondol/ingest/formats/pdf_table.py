"""Tables of a PDF page without a grid: lines whose parts stand under each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from ondol.ingest.formats.pdf_blocks import WIDE, Block, Line, Table
from ondol.ingest.markers import starts_item

FEWEST_ROWS = 3
FARTHEST = 3.2
"""Distance of two rows in line heights, at most."""
PROSE = 9.0
"""Width in line heights from which the lines of a column may be prose; three-column pages have 11 and more."""
PROSE_WORDS = 3
"""Words in a line of it."""
MARGIN = 0.85
"""Share of the width of a column that the lines of a running text reach."""
FILLED = 0.5
"""Least share of cells with something in them, in rows with two and more."""
ALIGNED = 0.7
"""Share of the cells of a column that begin, end or have their middle at the same place."""
CONTINUED = 1.5
"""Distance of two lines of one cell in line heights, at most."""

Row = list[Line]
Extent = tuple[float, float]


def find_aligned_tables(blocks: Sequence[Block]) -> list[Block]:
    """The blocks, with lines that make the rows of a table put together."""
    found: list[Block] = []
    lines: list[Line] = []
    for block in [*blocks, None]:
        if isinstance(block, Line):
            lines.append(block)
            continue
        found += _read(lines)
        lines = []
        if block:
            found.append(block)
    return found


def _read(lines: Sequence[Line]) -> list[Block]:
    """Tables in lines that follow each other in the file."""
    rows, members = _rows(lines)
    blocks: list[Block] = []
    place = 0
    while place < len(rows):
        end, columns = _run(rows, place) if len(rows[place]) > 1 else (place + 1, [])
        cells = _cells(rows[place:end], columns)
        if sum(map(_is_prose, cells)) > 1 or any(map(_flows, cells)):
            blocks += [line for row in members[place:end] for line in row]
        elif _is_table(rows[place:end], cells):
            blocks.append(_table(rows[place:end], columns))
        else:
            end = place + 1
            blocks += members[place]
        place = end
    return blocks


def _rows(lines: Sequence[Line]) -> tuple[list[Row], list[list[Line]]]:
    """Lines cut at wide gaps, those side by side in one row; and what each row was made of."""
    rows: list[Row] = []
    members: list[list[Line]] = []
    for line in lines:
        parts = line.split(WIDE)
        last = rows[-1][-1] if rows else None
        if last and abs(last.bottom - line.bottom) < 0.3 * line.size and line.left > last.right:
            rows[-1] += parts
            members[-1].append(line)
        else:
            rows.append(parts)
            members.append([line])
    return rows, members


def _run(rows: Sequence[Row], start: int) -> tuple[int, list[Extent]]:
    """Where the rows that stand under each other from `start` on end, and the extents of their columns."""
    columns = [(part.left, part.right) for part in rows[start]]
    end = start + 1
    last = end
    while end < len(rows) and _follows(rows[end - 1], rows[end]):
        row = rows[end]
        merged = _merge([*columns, *((part.left, part.right) for part in row)])
        held = {_column(merged, part) for part in row}
        if len(merged) < len(columns) and end > start + 1:
            break
        if len(merged) < 2 or len(held) < len(row) or (len(row) == 1 and len(merged) != len(columns)):
            break
        columns = merged
        end += 1
        if len(row) > 1 or _pitch(rows[end - 2], row) <= CONTINUED:
            last = end
    return last, columns


def _follows(row: Row, following: Row) -> bool:
    sizes = row[0].size, following[0].size
    return 0 < _pitch(row, following) <= FARTHEST and max(sizes) <= 1.35 * min(sizes)


def _pitch(row: Row, following: Row) -> float:
    """Distance of two rows in line heights."""
    return (row[0].bottom - following[0].bottom) / max(row[0].size, following[0].size)


def _merge(extents: Sequence[Extent]) -> list[Extent]:
    merged: list[Extent] = []
    for left, right in sorted(extents):
        if merged and left <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(right, merged[-1][1])
        else:
            merged.append((left, right))
    return merged


def _column(columns: Sequence[Extent], part: Line) -> int:
    return next((place for place, (_, right) in enumerate(columns) if part.left <= right), len(columns) - 1)


def _cells(rows: Sequence[Row], columns: Sequence[Extent]) -> list[list[Line]]:
    """Those of each column, from rows with two and more."""
    cells: list[list[Line]] = [[] for _ in columns]
    for row in rows:
        for part in row if len(row) > 1 else ():
            cells[_column(columns, part)].append(part)
    return cells


def _is_table(rows: Sequence[Row], cells: Sequence[Sequence[Line]]) -> bool:
    full = sum(1 for row in rows if len(row) > 1)
    if full < FEWEST_ROWS or sum(map(len, cells)) < FILLED * full * len(cells) or not all(map(_is_aligned, cells)):
        return False
    return len(cells) > 2 or not _are_markers(cells[0])


def _is_aligned(cells: Sequence[Line]) -> bool:
    """Whether most cells below the first, which may be a name, share an edge or their middle."""
    below = cells[1:] if len(cells) > 2 else cells
    edges = [[cell.left for cell in below], [cell.right for cell in below], [cell.left + cell.right for cell in below]]
    if not cells:
        return False
    near = 0.4 * median(cell.size for cell in cells)
    return any(sum(abs(edge - median(side)) <= near for edge in side) >= ALIGNED * len(side) for side in edges)


def _is_prose(cells: Sequence[Line]) -> bool:
    widths = [(cell.right - cell.left) / cell.size for cell in cells]
    words = median(len(cell.words) for cell in cells) if cells else 0
    return len(cells) >= FEWEST_ROWS and median(widths) >= PROSE and words >= PROSE_WORDS


def _flows(cells: Sequence[Line]) -> bool:
    """Whether they are lines of a text beside something else: long, and most of them up to the margin."""
    if not _is_prose(cells) or median(len(cell.words) for cell in cells) <= PROSE_WORDS:
        return False
    widths = [cell.right - cell.left for cell in cells]
    return sum(1 for width in widths if width >= MARGIN * max(widths)) >= ALIGNED * len(widths)


def _are_markers(cells: Sequence[Line]) -> bool:
    """Numbers and bullets of a list, which stand before its items."""
    marks = sum(1 for cell in cells if len(cell.text.strip()) <= 4 or starts_item(f"{cell.text.strip()} "))
    return marks > 0.5 * len(cells)


def _table(rows: Sequence[Row], columns: Sequence[Extent]) -> Table:
    common = _usual_pitch(rows)
    table: list[list[list[Line]]] = []
    previous: Row | None = None
    for row in rows:
        cells: list[list[Line]] = [[] for _ in columns]
        for part in row:
            cells[_column(columns, part)].append(part)
        if previous and _continues(previous, row, common, beside=bool(cells[0])):
            for cell, more in zip(table[-1], cells, strict=True):
                cell += more
        else:
            table.append(cells)
        previous = row
    parts = [part for row in rows for part in row]
    return Table(
        table, columns[0][0], columns[-1][1], min(part.bottom for part in parts), max(part.top for part in parts),
        ruled=False,
    )  # fmt: skip


def _usual_pitch(rows: Sequence[Row]) -> float:
    return median(_pitch(row, following) for row, following in pairwise(rows) if len(following) > 1)


def _continues(row: Row, following: Row, common: float, *, beside: bool) -> bool:
    """Whether a row holds further lines of the cells above: it is nearer than rows are, or one part without a first."""
    pitch = _pitch(row, following)
    return pitch <= CONTINUED and (pitch < 0.75 * common or (len(following) == 1 and not beside))
