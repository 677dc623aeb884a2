"""Tables of documents as readable rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ondol.ingest.formats.csv import are_names
from ondol.ingest.parsed import TextBuilder


def add_table(builder: TextBuilder, rows: Iterable[Sequence[str]]) -> None:
    """A row a line; with the names of the columns in front of the cells where the first row has them."""
    filled = [[" ".join(cell.split()) for cell in row] for row in rows]
    filled = [row for row in filled if any(row)]
    if not filled:
        return
    names = filled[0]
    named = len(filled) > 2 and len(names) > 1 and all(len(row) == len(names) for row in filled) and are_names(names)
    gap = "\n\n"
    for row in filled[1:] if named else filled:
        cells = [f"{name}: {cell}" for name, cell in zip(names, row, strict=True) if cell] if named else row
        builder.add(" | ".join(filter(None, cells)), gap=gap)
        gap = "\n"
