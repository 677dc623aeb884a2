"""Rows of a file of examples: tables, JSON, Parquet, plain text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ondol.errors import NotFound, UnusableInput
from ondol.ingest.formats.encoding import decode_text
from ondol.ingest.record_files import RECORD_FILES
from ondol.ingest.record_files.row import Row, Unreadable
from ondol.lang import nfc
from ondol.registry import resolve

TEXTS = (".txt", ".md")
LARGEST = 2 << 30
"""Bytes of a file; examples are held in memory."""


class _All(frozenset[str]):
    """Every column is wanted."""

    def __contains__(self, _: object) -> bool:
        return True


@dataclass(slots=True)
class Rows:
    path: Path
    columns: list[str] = field(default_factory=list)
    """In the order in which they were first seen."""
    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """Number in the file, values by column; every text is NFC."""
    unreadable: list[str] = field(default_factory=list)
    """Why rows were left out, for people."""


def read_columns(path: Path) -> frozenset[str]:
    """The columns of the first row that can be read; raises as `read_rows`."""
    records = (row.values for row in _open_rows(path) if isinstance(row, Row) and isinstance(row.values, dict))
    return frozenset(map(str, next(records, {})))


def read_rows(path: Path) -> Rows:
    """All rows of a file; those that cannot be read are told, not raised.

    Raises:
        NotFound: there is no such file.
        UnusableInput: it is of no known kind, too large, damaged or empty.
        MissingExtra: Parquet without pyarrow.
    """
    found = Rows(path)
    columns: dict[str, None] = {}
    for row in _open_rows(path):
        if isinstance(row, Unreadable):
            found.unreadable.append(row.reason)
        elif isinstance(row.values, dict):
            values = {nfc(str(name)).strip(): _composed(value) for name, value in row.values.items()}
            columns |= dict.fromkeys(values)
            found.rows.append((row.number, values))
        else:
            found.rows.append((row.number, {"messages": _composed(row.values)}))
            columns["messages"] = None
    found.columns = list(columns)
    if not found.rows:
        raise UnusableInput(
            "{path} holds no example.", hint="It needs a line with the names of the columns, and rows below it.",
            path=path,
        )  # fmt: skip
    return found


def _open_rows(path: Path) -> Iterator[Row | Unreadable]:
    if not path.is_file():
        raise NotFound(
            "There is no file {path}.", hint="Name a CSV, TSV, JSONL, JSON, Parquet or text file.", path=path
        )
    kind = path.suffix.lower()
    if kind not in RECORD_FILES and kind not in TEXTS:
        raise UnusableInput(
            "{path} is of no kind that holds examples.", hint="Known: {known}.", path=path,
            known=", ".join((*RECORD_FILES, *TEXTS)),
        )  # fmt: skip
    if path.stat().st_size > LARGEST:
        raise UnusableInput("The file is larger than {limit} MB.", limit=LARGEST >> 20)
    return _read_texts(path) if kind in TEXTS else _read_records(path, kind)


def _read_records(path: Path, kind: str) -> Iterator[Row | Unreadable]:
    reader = resolve("ondol.ingest.record_files", RECORD_FILES, kind, what="file of records")
    if kind == ".json":
        whole = _object(path)
        if whole is not None:
            yield from whole
            return
    yield from reader(path, _All())


def _object(path: Path) -> list[Row] | None:
    """The list inside a JSON object, `{"data": [...]}`; None where the file is a list itself."""
    text = decode_text(path.read_bytes())
    if not text.lstrip("\ufeff \n\r\t").startswith("{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnusableInput("The file is not JSON: {reason}", reason=error) from error
    rows = next((found for found in value.values() if isinstance(found, list)), [value])
    return [Row(number, b"", row) for number, row in enumerate(rows, 1)]


def _read_texts(path: Path) -> Iterator[Row]:
    """Paragraphs, with a blank line between them."""
    text = decode_text(path.read_bytes()).replace("\r\n", "\n")
    for number, part in enumerate(filter(str.strip, re.split(r"\n\s*\n", text)), 1):
        yield Row(number, b"", {"text": part.strip()})


def _composed(value: Any) -> Any:
    if isinstance(value, str):
        return nfc(value)
    if isinstance(value, list):
        return [_composed(item) for item in value]
    if isinstance(value, dict):
        return {nfc(str(name)): _composed(item) for name, item in value.items()}
    return value
