"""CSV and TSV, row by row: memory does not grow with the file."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from ondol.errors import UnusableInput
from ondol.ingest.formats.csv import find_delimiter
from ondol.ingest.formats.encoding import encoding_of
from ondol.ingest.record_files.row import LARGEST_ROW, Row, Unreadable, row_data
from ondol.lang import nfc, translate

HEAD = 1 << 18
"""Bytes that tell the encoding and the delimiter."""


def read_table(path: Path, wanted: Collection[str]) -> Iterator[Row | Unreadable]:
    """The rows below the names of the columns; every cell is a text.

    Raises:
        UnusableInput: no text, no table, or a wanted column stands twice.
    """
    with path.open("rb") as file:
        encoding = encoding_of(file.read(HEAD))
    csv.field_size_limit(LARGEST_ROW)  # 128 KiB without this, and documents are longer
    try:
        with path.open(encoding=encoding, newline="") as file:
            delimiter = "\t" if path.suffix.lower() == ".tsv" else find_delimiter(file.read(HEAD // 4))
            file.seek(0)
            yield from _read(csv.reader(file, delimiter=delimiter), wanted)
    except UnicodeDecodeError as error:
        raise UnusableInput("The file is not {encoding} throughout.", encoding=encoding) from error
    except csv.Error as error:
        raise UnusableInput("The table cannot be read: {reason}.", reason=error) from error


def _read(rows: Iterator[list[str]], wanted: Collection[str]) -> Iterator[Row | Unreadable]:
    names = [nfc(cell.strip()) for cell in next((row for row in rows if any(row)), [])]
    double = [name for name, count in Counter(names).items() if count > 1 and name in wanted]
    if double:
        raise UnusableInput("The table has several columns '{column}'.", column=double[0])
    for number, row in enumerate((row for row in rows if any(row)), 1):
        if len(row) > len(names):
            reason = "Row {number} has {cells} cells, but there are {columns} columns."
            yield Unreadable(translate(reason, number=number, cells=len(row), columns=len(names)))
            continue
        cells = [*row, *[""] * (len(names) - len(row))]
        values: dict[str, object] = {name: cell for name, cell in zip(names, cells, strict=True) if name}
        yield Row(number, row_data(values), values)
