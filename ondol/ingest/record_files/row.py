"""A row of a file of records, before anybody knows what it holds."""

from __future__ import annotations

import json
from dataclasses import dataclass

LARGEST_ROW = 64 << 20
"""Bytes or characters; a longer row would not fit in memory together with what is made of it."""


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    """Of the line, item or row in its file, from 1; a table's row of names is none."""
    data: bytes
    """Changes when the row does."""
    values: object
    """A dict by column; anything else is no record."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a row, or the rest of the file, cannot be read."""

    reason: str


def row_data(values: dict[str, object]) -> bytes:
    """Bytes that stand for a row whose file has none for a single one."""
    return json.dumps(values, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")
