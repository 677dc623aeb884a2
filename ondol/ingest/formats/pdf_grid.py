"""Ruled tables of a PDF page: the lines drawn on it, the grids they make, and the words in the cells."""

from __future__ import annotations

import ctypes
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium_c

from ondol.ingest.formats.pdf_blocks import WIDE, Block, Line, Table

THIN = 2.5
"""Points; a thinner shape is a line, however it is painted."""
SHORTEST = 5.0
NEAR = 2.5
"""Points within which lines meet, or are the same."""
MOST_PATHS, MOST_SEGMENTS, MOST_RULES = 3000, 2000, 600
"""More of them make a drawing, not a table."""
FILLED = 0.25
"""Least share of the cells with something in them: a chart has words beside its grid."""
LONGEST_CELL = 20
"""Lines; a grid with more in a cell is the layout of a page."""

Place = tuple[int, int]
"""Row, from below, and column of a field."""
Cells = dict[Place, list[Line]]
"""Lines in each cell, which is called by its upper left field."""
Roots = dict[Place, Place]
"""Field → the cell it belongs to."""


class Rule(NamedTuple):
    """A straight line: at `at` of one axis, from `start` to `end` of the other."""

    at: float
    start: float
    end: float


class Rules(NamedTuple):
    across: list[Rule]
    down: list[Rule]


def read_rules(paths: Sequence[Any]) -> Rules:
    """The lines of a page that run across and down."""
    across: list[Rule] = []
    down: list[Rule] = []
    for found in paths if len(paths) <= MOST_PATHS else ():
        left, bottom, right, top = found.get_bounds()
        if top - bottom <= THIN:
            across.append(Rule((bottom + top) / 2, left, right))
        elif right - left <= THIN:
            down.append(Rule((left + right) / 2, bottom, top))
        else:
            for (x, y), (to_x, to_y) in _strokes(found.raw):
                if abs(y - to_y) <= 0.5:
                    across.append(Rule((y + to_y) / 2, min(x, to_x), max(x, to_x)))
                elif abs(x - to_x) <= 0.5:
                    down.append(Rule((x + to_x) / 2, min(y, to_y), max(y, to_y)))
    return Rules(_merge(across), _merge(down))


def _strokes(path: Any) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """Straight strokes of a path, in points of the page."""
    count = pdfium_c.FPDFPath_CountSegments(path)
    if not 2 <= count <= MOST_SEGMENTS:
        return
    matrix = pdfium_c.FS_MATRIX()
    pdfium_c.FPDFPageObj_GetMatrix(path, matrix)
    x, y = ctypes.c_float(), ctypes.c_float()
    begun = place = (0.0, 0.0)
    for number in range(count):
        segment = pdfium_c.FPDFPath_GetPathSegment(path, number)
        pdfium_c.FPDFPathSegment_GetPoint(segment, x, y)
        point = (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
        )
        kind = pdfium_c.FPDFPathSegment_GetType(segment)
        if kind == pdfium_c.FPDF_SEGMENT_LINETO:
            yield place, point
        elif kind == pdfium_c.FPDF_SEGMENT_MOVETO:
            begun = point
        place = point
        if pdfium_c.FPDFPathSegment_GetClose(segment):
            yield place, begun


def _merge(rules: Iterable[Rule]) -> list[Rule]:
    """Pieces of one line put together, short ones left out."""
    merged: list[Rule] = []
    recent: list[int] = []
    for rule in sorted(rules):
        recent = [place for place in recent if rule.at - merged[place].at <= NEAR]
        for place in recent:
            known = merged[place]
            if rule.start <= known.end + NEAR and rule.end >= known.start - NEAR:
                merged[place] = Rule(known.at, min(known.start, rule.start), max(known.end, rule.end))
                break
        else:
            recent.append(len(merged))
            merged.append(rule)
    return [rule for rule in merged if rule.end - rule.start >= SHORTEST]


def find_ruled_tables(lines: Sequence[Line], rules: Rules) -> list[Block]:
    """The lines, with those inside of a grid put together to a table."""
    blocks: list[Block] = list(lines)
    for grid in _grids(rules):
        taken, table = grid.fill([block for block in blocks if isinstance(block, Line)])
        if table:
            first = next(place for place, block in enumerate(blocks) if id(block) in taken)
            before, after = blocks[:first], blocks[first:]
            blocks = [*before, table, *(rest for block in after for rest in taken.get(id(block), [block]))]
    return blocks


def _grids(rules: Rules) -> Iterator[_Grid]:
    """Groups of lines that meet, with two rows and two columns at least."""
    if not rules.down or len(rules.across) < 2 or len(rules.across) + len(rules.down) > MOST_RULES:
        return
    free = set(range(len(rules.down)))
    unseen = set(range(len(rules.across)))
    while free:
        downs, acrosses, fresh = set[int](), set[int](), {free.pop()}
        while fresh:
            downs |= fresh
            met = {n for n in unseen if any(_meet(rules.across[n], rules.down[place]) for place in fresh)}
            unseen -= met
            acrosses |= met
            fresh = {n for n in free if any(_meet(rules.across[place], rules.down[n]) for place in met)}
            free -= fresh
        grid = _Grid([rules.across[n] for n in acrosses], [rules.down[n] for n in downs])
        if len(grid.xs) > 2 and len(grid.ys) > 2:
            yield grid


def _meet(across: Rule, down: Rule) -> bool:
    return across.start - NEAR <= down.at <= across.end + NEAR and down.start - NEAR <= across.at <= down.end + NEAR


class _Grid:
    def __init__(self, across: list[Rule], down: list[Rule]) -> None:
        self._across, self._down = across, down
        self.xs = _places([rule.at for rule in down] + [end for rule in across for end in rule[1:]])
        self.ys = _places([rule.at for rule in across] + [end for rule in down for end in rule[1:]])
        """From the bottom upwards."""

    def fill(self, lines: Sequence[Line]) -> tuple[dict[int, list[Line]], Table | None]:
        """The table, and for each line (by its id) with words in it what is left of that line; None for no table."""
        cells: Cells = {}
        taken: dict[int, list[Line]] = {}
        roots = self._roots()
        for line in lines:
            row = bisect_right(self.ys, line.bottom + line.size / 2) - 1
            if not 0 <= row < len(self.ys) - 1 or line.right < self.xs[0] or line.left > self.xs[-1]:
                continue
            columns = [bisect_right(self.xs, (word.left + word.right) / 2) - 1 for word in line.words]
            if not any(0 <= column < len(self.xs) - 1 for column in columns):
                continue
            taken[id(line)] = []
            cuts = [place for place, (one, other) in enumerate(pairwise(columns), 1) if one != other]
            for start, end in pairwise([0, *cuts, len(columns)]):
                part = line.part(start, end)
                if 0 <= columns[start] < len(self.xs) - 1:
                    cells.setdefault(roots[row, columns[start]], []).append(part)
                else:
                    taken[id(line)].append(part)
        return (taken, self._table(cells, roots)) if self._is_table(cells, roots) else ({}, None)

    def _is_table(self, cells: Cells, roots: Roots) -> bool:
        """Whether two rows have two cells each, most fields something, and no cell a table or a page of its own."""
        held = Counter(row for row in range(len(self.ys) - 1) for root in self._row(row, roots) if root in cells)
        if sum(1 for count in held.values() if count > 1) < 2 or len(cells) < FILLED * len(set(roots.values())):
            return False
        return not any(len(cell) > LONGEST_CELL or _is_table_itself(cell) for cell in cells.values())

    def _row(self, row: int, roots: Roots) -> list[Place | None]:
        """The cells of a row; None where one goes on to the right."""
        places = [roots[row, column] for column in range(len(self.xs) - 1)]
        return [place if place[1] == column else None for column, place in enumerate(places)]

    def _table(self, cells: Cells, roots: Roots) -> Table:
        """Rows from the top; a cell over several rows stands in each that has something of its own."""
        rows = []
        for row in reversed(range(len(self.ys) - 1)):
            places = self._row(row, roots)
            if any(place and place[0] == row and place in cells for place in places):
                rows.append([cells.get(place, []) if place else [] for place in places])
        return Table(rows, self.xs[0], self.xs[-1], self.ys[0], self.ys[-1], ruled=True)

    def _roots(self) -> Roots:
        """Each field of the grid → the upper left one of its cell: fields with no line between are one."""
        roots: Roots = {}
        middles = [(low + high) / 2 for low, high in pairwise(self.xs)]
        heights = [(low + high) / 2 for low, high in pairwise(self.ys)]
        for row in reversed(range(len(heights))):
            for column, middle in enumerate(middles):
                left = (row, column - 1)
                if column and not _covers(self._down, self.xs[column], heights[row]):
                    roots[row, column] = roots[left]
                elif row + 1 < len(heights) and not _covers(self._across, self.ys[row + 1], middle):
                    roots[row, column] = roots[row + 1, column]
                else:
                    roots[row, column] = (row, column)
        return roots


def _is_table_itself(cell: Sequence[Line]) -> bool:
    return sum(1 for line in cell if len(line.split(WIDE)) > 1) > 1


def _covers(rules: Sequence[Rule], at: float, place: float) -> bool:
    return any(abs(rule.at - at) <= NEAR and rule.start <= place <= rule.end for rule in rules)


def _places(values: Iterable[float]) -> list[float]:
    """Different positions, those near to each other as one."""
    places: list[float] = []
    for value in sorted(values):
        if not places or value - places[-1] > NEAR:
            places.append(value)
    return places
