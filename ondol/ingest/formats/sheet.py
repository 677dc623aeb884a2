"""Spreadsheets: every sheet a page, every row with the names of its columns."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from ondol.errors import UnusableInput
from ondol.ingest.formats.csv import are_names, row_text
from ondol.ingest.formats.zipped import ZippedDocument, find_text
from ondol.ingest.parsed import Parsed, TextBuilder
from ondol.lang import translate
from ondol.library.dates import iso_day

MOST_CELLS = 20_000_000
"""Of a sheet, empty ones counted: a single entry in its last corner makes 17 thousand million."""
UNNAMED = re.compile(r"(?:Sheet|Tabelle|시트) ?\d*", re.IGNORECASE)
LOOKED_AT = 10
"""First rows in which the names of the columns may stand, below a title."""


def read_sheet(data: bytes, name: str) -> Parsed:
    title, author, day = _about(data)
    builder, hidden = TextBuilder(), 0
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for sheet in book.sheets_metadata:
            if sheet.visible != SheetVisibleEnum.Visible:
                hidden += 1
            elif sheet.typ == SheetTypeEnum.WorkSheet:
                builder.turn_page(sheet.name)
                if not UNNAMED.fullmatch(sheet.name):
                    builder.add_heading(sheet.name, 1)
                _read_rows(book.get_sheet_by_name(sheet.name), builder)
    except PasswordError as error:
        raise UnusableInput("The document is protected by a password.") from error
    except (CalamineError, ValueError, OSError, OverflowError) as error:
        raise UnusableInput("The table cannot be read: {reason}.", reason=str(error) or type(error).__name__) from error
    told = translate("{count} hidden sheets", count=hidden) if hidden else ""
    return builder.build(title=title or name, format="sheet", unit="sheet", author=author, date=day, hidden=told)


def _read_rows(sheet: Any, builder: TextBuilder) -> None:
    if sheet.height * sheet.width > MOST_CELLS:
        raise UnusableInput("The sheet '{name}' has more than {limit} cells.", name=sheet.name, limit=MOST_CELLS)
    rows = [[_cell(value) for value in row] for row in sheet.to_python(skip_empty_area=True)]
    rows = [row for row in rows if any(row)]
    width = max(map(len, rows), default=0)
    rows = [[*row, *[""] * (width - len(row))] for row in rows]
    used = [place for place in range(width) if any(row[place] for row in rows)]
    rows = [[row[place] for place in used] for row in rows]
    first = _names_at(rows)
    for number, row in enumerate(rows):
        if first is None or number < first:
            builder.add_row(row_text([], row))
        elif number > first:
            builder.add_row(row_text(rows[first], row))
    if first is not None and first == len(rows) - 1:
        builder.add_row(row_text([], rows[first]))


def _names_at(rows: Sequence[list[str]]) -> int | None:
    """The row that names the columns: the first full one, when it has only different texts and data below it."""
    for number, row in enumerate(rows[:LOOKED_AT]):
        if len(row) > 1 and all(row):
            return number if are_names(row) else None
    return None


def _cell(value: object) -> str:
    """A value as people write it: 2024-05-17, 1200, 0.25; an empty time of day is left out."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return " ".join(str(value).split())


def _about(data: bytes) -> tuple[str, str, str]:
    """Title, author and day, where the file is a zip and tells them."""
    if not data.startswith(b"PK"):
        return "", "", ""
    package = ZippedDocument(data, kind=".xlsx")
    core = package.find_xml("docProps/core.xml")
    if core is None:
        core = package.find_xml("meta.xml")
    day = (
        iso_day(find_text(core, "modified")) or iso_day(find_text(core, "date")) or iso_day(find_text(core, "created"))
    )
    return find_text(core, "title"), find_text(core, "creator") or find_text(core, "initial-creator"), day
