"""Spreadsheets: every sheet a page, every row with the names of its columns."""

from __future__ import annotations

import io
import re
import struct
from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

import olefile
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from ondol.errors import UnusableInput
from ondol.ingest.formats.csv import row_texts
from ondol.ingest.formats.sheet_layout import MOST_CELLS, Layout, Layouts
from ondol.ingest.formats.sheet_ods import OdsLayouts
from ondol.ingest.formats.sheet_xlsb import XlsbLayouts
from ondol.ingest.formats.zipped import OLE, ZippedDocument, find_text
from ondol.ingest.parsed import Parsed, TextBuilder
from ondol.lang import translate
from ondol.library.dates import iso_day

UNNAMED = re.compile(r"(?:Sheet|Tabelle|시트) ?\d*", re.IGNORECASE)


def read_sheet(data: bytes, name: str) -> Parsed:
    _check_protection(data)
    title, author, day = _about(data)
    builder, hidden = TextBuilder(), Counter[str]()
    try:
        layouts = _layouts(data)
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for sheet in book.sheets_metadata:
            if sheet.visible != SheetVisibleEnum.Visible:
                hidden["{count} hidden sheets"] += 1
            elif sheet.typ == SheetTypeEnum.WorkSheet:
                builder.turn_page(sheet.name)
                if not UNNAMED.fullmatch(sheet.name):
                    builder.add_heading(sheet.name, 1)
                layout = layouts.read(sheet.name) if layouts else Layout()
                hidden += _read_rows(book.get_sheet_by_name(sheet.name), layout, builder)
    except PasswordError as error:
        raise UnusableInput("The document is protected by a password.") from error
    except (CalamineError, ValueError, OSError, OverflowError) as error:
        raise UnusableInput("The table cannot be read: {reason}.", reason=str(error) or type(error).__name__) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # a panic of Rust, whose class cannot be imported
            raise
        raise UnusableInput("The table cannot be read: {reason}.", reason=error) from error
    told = "; ".join(translate(line, count=count) for line, count in hidden.items())
    return builder.build(title=title or name, format="sheet", unit="sheet", author=author, date=day, hidden=told)


def _layouts(data: bytes) -> Layouts | OdsLayouts | XlsbLayouts | None:
    """What is known of the sheets beside their values; None for .xls."""
    if not data.startswith(b"PK"):
        return None
    names = ZippedDocument(data, kind=".xlsx").names
    if "content.xml" in names:
        return OdsLayouts(data)
    return XlsbLayouts(data) if "xl/workbook.bin" in names else Layouts(data)


def _read_rows(sheet: Any, layout: Layout, builder: TextBuilder) -> Counter[str]:
    """Add the rows that are seen; returns what was left out."""
    if sheet.height * sheet.width > MOST_CELLS:
        raise UnusableInput("The sheet '{name}' has more than {limit} cells.", name=sheet.name, limit=MOST_CELLS)
    rows, hidden = _seen(_values(sheet, layout), sheet.start or (0, 0), layout)
    rows = [row for row in rows if any(row)]
    used = [place for place in range(max(map(len, rows), default=0)) if any(row[place] for row in rows)]
    for text in row_texts([[row[place] for place in used] for row in rows]):
        builder.add_row(text)
    return hidden


def _values(sheet: Any, layout: Layout) -> list[list[str]]:
    """All rows, equally wide; the value of a merged cell stands in each of its rows that has something else."""
    raw = sheet.to_python(skip_empty_area=True)
    rows = [[_cell(value) for value in row] for row in raw]
    width = max(map(len, rows), default=0)
    rows = [[*row, *[""] * (width - len(row))] for row in rows]
    top, left = sheet.start or (0, 0)
    for row, column in layout.percent:
        if 0 <= row - top < len(raw) and 0 <= column - left < len(raw[row - top]):
            rows[row - top][column - left] = _cell(raw[row - top][column - left], percent=True)
    for (first, column), (last, _) in sheet.merged_cell_ranges or layout.merged:
        if 0 <= first - top < len(rows) and 0 <= column - left < width:
            value = rows[first - top][column - left]
            for below in rows[first - top + 1 : last - top + 1]:
                if any(below):
                    below[column - left] = below[column - left] or value
    return rows


def _seen(rows: list[list[str]], start: tuple[int, int], layout: Layout) -> tuple[list[list[str]], Counter[str]]:
    """The rows without the hidden ones and the cells of hidden columns, and how many of each had something in them."""
    top, left = start
    unseen = [number for number in range(len(rows)) if number + top in layout.hidden_rows and any(rows[number])]
    width = max(map(len, rows), default=0)
    columns = [place for place in range(width) if place + left in layout.hidden_columns]
    columns = [place for place in columns if any(row[place] for row in rows)]
    hidden = Counter({"{count} hidden rows": len(unseen), "{count} hidden columns": len(columns)})
    gone = set(unseen)
    rows = [row for number, row in enumerate(rows) if number not in gone]
    for row in rows:
        for place in columns:
            row[place] = ""
    return rows, +hidden


def _cell(value: object, *, percent: bool = False) -> str:
    """A value as people write it: 2024-05-17, 1200, 0.25, 25%; an empty time of day is left out."""
    if isinstance(value, bool):
        return str(value).upper()
    if percent and isinstance(value, int | float):
        return f"{_cell(round(value * 100.0, 10))}%"
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


def _check_protection(data: bytes) -> None:
    """Raise UnusableInput when the workbook is encrypted: Excel puts it in an OLE container, OpenDocument says so."""
    if data.startswith(OLE):
        try:
            with olefile.OleFileIO(io.BytesIO(data)) as container:
                locked = container.exists("EncryptedPackage")
        except (OSError, ValueError, IndexError, TypeError, AttributeError, struct.error):  # olefile, on broken tables
            return
    elif data.startswith(b"PK"):
        manifest = ZippedDocument(data, kind=".xlsx").find_xml("META-INF/manifest.xml")
        locked = manifest is not None and next(manifest.iter("{*}encryption-data"), None) is not None
    else:
        return
    if locked:
        raise UnusableInput("The document is protected by a password.")


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
