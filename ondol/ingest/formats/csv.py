"""CSV and TSV, and what all tables share: every row as `column: value` lines."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence

from ondol.errors import UnusableInput
from ondol.ingest.formats.encoding import decode_text
from ondol.ingest.parsed import Parsed, TextBuilder, canonical

DELIMITERS = ",\t;|"
LOOKED_AT = 10
"""First rows in which the names of the columns may stand, below a title."""


def read_csv(data: bytes, name: str) -> Parsed:
    text = canonical(decode_text(data))
    builder = TextBuilder()
    try:
        rows = csv.reader(io.StringIO(text), delimiter=find_delimiter(text))
        first = next(row for row in rows if any(row))
        names = [cell.strip() for cell in first]
        if not are_names(names):
            builder.add_row(row_text([], first))
            names = []
        for row in rows:
            builder.add_row(row_text(names, row))
    except csv.Error as error:
        raise UnusableInput("The table cannot be read: {reason}.", reason=error) from error
    parsed = builder.build(title=name, format="csv")
    return parsed if parsed.text else Parsed(text=" | ".join(names), title=name, format="csv")


def find_delimiter(text: str) -> str:
    """The delimiter that gives the most rows of one width, wider rows first."""
    head = "\n".join(text.split("\n", 50)[:50])

    def fit(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(io.StringIO(head), delimiter=delimiter) if row)
        width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1]))
        return (count if width > 1 else 0), width

    return max(DELIMITERS, key=fit)


def are_names(cells: list[str]) -> bool:
    """A first row of different texts names the columns; one with numbers, gaps or repetitions is data."""
    return all(cells) and len(set(cells)) == len(cells) and not any(_is_number(cell) for cell in cells)


def _is_number(cell: str) -> bool:
    return cell.strip().lstrip("+-₩$€").replace(",", "").replace(".", "", 1).rstrip("%").isdigit()


def row_text(names: list[str], row: list[str]) -> str:
    cells = [" ".join(cell.split()) for cell in row]
    if not names:
        return " | ".join(filter(None, cells))
    named = [*names, *[""] * (len(cells) - len(names))]
    lines = [f"{name}: {cell}" if name else cell for name, cell in zip(named, cells, strict=False) if cell]
    return "\n".join(lines)


def row_texts(rows: Sequence[list[str]]) -> list[str]:
    """Equally wide rows of a table as texts, those below the names of the columns with these."""
    first = names_at(rows)
    if first is None or first == len(rows) - 1:
        return [row_text([], row) for row in rows]
    return [*(row_text([], row) for row in rows[:first]), *(row_text(rows[first], row) for row in rows[first + 1 :])]


def names_at(rows: Sequence[list[str]]) -> int | None:
    """The row that names the columns: the first full one, when it has only different texts and data below it."""
    for number, row in enumerate(rows[:LOOKED_AT]):
        if len(row) > 1 and all(row):
            return number if are_names(row) else None
    return None
