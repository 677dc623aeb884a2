"""What a workbook tells of its cells beside their values: size, percent formats, hidden rows and columns."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from ondol.errors import UnusableInput
from ondol.ingest.formats.zipped import BROKEN_PACKAGE, ZippedDocument, local

MOST_CELLS = 20_000_000
"""Of a sheet, empty ones counted: a single entry in its last corner makes 17 thousand million."""
MOST_COLUMNS = 16_384
NAMESPACE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
LETTERS = re.compile(r"[A-Z]{1,3}", re.IGNORECASE)
DIGITS = "0123456789"
NO_DIGITS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.')
"""What a number format shows as it is: a `%` there does not multiply."""
PERCENT = {9, 10}
"""Number formats `0%` and `0.00%`, which every workbook has."""


@dataclass(slots=True)
class Layout:
    """Rows and columns count from 0."""

    percent: set[tuple[int, int]] = field(default_factory=set)
    """Cells (row, column) that show a share as 25 %."""
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=list)
    """First and last cell of merged ones, where the reader of values does not tell them."""
    corners: tuple[int, int, int, int] | None = None
    """First row and column and last row and column with something in them."""

    def take_in(self, row: int, column: int, last_row: int, last_column: int) -> None:
        """Cells with content from a first to a last one."""
        if self.corners is None:
            self.corners = row, column, last_row, last_column
            return
        top, left, bottom, right = self.corners
        self.corners = min(top, row), min(left, column), max(bottom, last_row), max(right, last_column)

    def covers(self, row: int, column: int) -> bool:
        corners = self.corners
        return corners is not None and corners[0] <= row <= corners[2] and corners[1] <= column <= corners[3]

    def check_size(self, name: str) -> None:
        """Raise UnusableInput when the sheet spans more than `MOST_CELLS`."""
        if self.corners:
            top, left, bottom, right = self.corners
            if (bottom - top + 1) * (right - left + 1) > MOST_CELLS:
                raise UnusableInput("The sheet '{name}' has more than {limit} cells.", name=name, limit=MOST_CELLS)


class Layouts:
    """Layouts of the sheets of an Excel workbook in XML, each read when it is asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        package = ZippedDocument(data, kind=".xlsx")
        self._names = {name.lower().replace("\\", "/"): name for name in package.names}
        links = package.find_xml(self._names.get("xl/_rels/workbook.xml.rels", ""))
        targets = {} if links is None else {link.get("Id"): link.get("Target") or "" for link in links}
        book = package.find_xml(self._names.get("xl/workbook.xml", ""))
        sheets = () if book is None else book.iter("{*}sheet")
        self._members = {
            sheet.get("name"): sheet_path(targets.get(sheet.get(f"{{{NAMESPACE}}}id"), "")) for sheet in sheets
        }
        styles = package.find_xml(self._names.get("xl/styles.xml", ""))
        self._percent = set() if styles is None else _percent_styles(styles)

    def read(self, name: str) -> Layout:
        """The layout of a sheet; an empty one where it cannot be told.

        Raises:
            UnusableInput: the sheet spans too many cells.
        """
        layout = Layout()
        member = self._names.get(self._members.get(name, "").lower())
        if member:
            scan(self._data, member, _XmlSheet(layout, self._percent).start)
        layout.check_size(name)
        return layout


class _XmlSheet:
    def __init__(self, layout: Layout, percent: set[str]) -> None:
        self._layout, self._percent = layout, percent
        self._row = self._column = -1
        self._columns: dict[str, int] = {}
        self._shares = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "c":
            self._cell(attributes)
        elif tag in ("v", "is"):
            row, column, layout = self._row, self._column, self._layout
            if not layout.covers(row, column):
                layout.take_in(row, column, row, column)
            if self._shares:
                layout.percent.add((row, column))
        elif tag == "row":
            number = attributes.get("r", "")
            self._row = int(number) - 1 if number.isdecimal() else self._row + 1
            self._column = -1
            if _is_hidden(attributes, "ht"):
                self._layout.hidden_rows.add(self._row)
        elif tag == "col" and _is_hidden(attributes, "width"):
            first, last = attributes.get("min", ""), attributes.get("max", "")
            if first.isdecimal() and last.isdecimal():
                self._layout.hidden_columns.update(range(int(first) - 1, min(int(last), MOST_COLUMNS)))

    def _cell(self, attributes: Mapping[str, str]) -> None:
        reference = attributes.get("r", "")
        letters = reference.rstrip(DIGITS)
        column = self._columns.get(letters)
        if column is None:
            column = self._columns[letters] = _column_number(letters)
        if column < 0 or letters == reference:
            self._column += 1
        else:
            self._row, self._column = int(reference[len(letters) :]) - 1, column
        self._shares = attributes.get("s", "0") in self._percent


def scan(data: bytes, member: str, start: Callable[[str, Mapping[str, str]], None]) -> None:
    """Call `start` with the local name and the attributes of every element; what is damaged ends it."""
    parser = expat.ParserCreate(namespace_separator=" ")

    def begin(tag: str, attributes: dict[str, str]) -> None:
        start(tag.rpartition(" ")[2], attributes)

    parser.StartElementHandler = begin
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package, package.open(member) as file:
            parser.ParseFile(file)
    except (expat.ExpatError, *BROKEN_PACKAGE):
        return  # the reader of values says what is wrong with it


def _is_hidden(attributes: Mapping[str, str], size: str) -> bool:
    return attributes.get("hidden") in ("1", "true") or attributes.get(size) == "0"


def _column_number(letters: str) -> int:
    """Of `AB`, from 0; -1 where it is no column."""
    number = 0
    if not LETTERS.fullmatch(letters):
        return -1
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def sheet_path(target: str) -> str:
    """Where a link of the workbook leads, from the root of the package."""
    return target.lstrip("/") if target.startswith(("/", "xl/")) else f"xl/{target}"


def _percent_styles(styles: Any) -> set[str]:
    """Numbers of the cell styles that show percent."""
    formats = {str(number) for number in PERCENT}
    for element in styles.iter("{*}numFmt"):
        if "%" in NO_DIGITS.sub("", element.get("formatCode") or ""):
            formats.add(element.get("numFmtId") or "")
    cells = next(styles.iter("{*}cellXfs"), ())
    used = [element for element in cells if local(element) == "xf"]
    return {str(number) for number, element in enumerate(used) if element.get("numFmtId") in formats}
