"""Layouts of the sheets of an OpenDocument workbook, where rows and cells tell how often they are repeated."""

from __future__ import annotations

from collections.abc import Mapping

from ondol.ingest.formats.sheet_layout import MOST_COLUMNS, Layout, scan

TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
HIDDEN = {"collapse", "filter"}


class OdsLayouts:
    """All sheets at once: they stand in one member."""

    def __init__(self, data: bytes) -> None:
        """Read them.

        Raises:
            UnusableInput: a sheet spans too many cells.
        """
        self._layouts: dict[str, Layout] = {}
        self._layout = Layout()
        self._name = ""
        self._row = self._rows = self._column = self._columns = 0
        self._hides = False
        scan(data, "content.xml", self._start)

    def read(self, name: str) -> Layout:
        return self._layouts.get(name, Layout())

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag in ("table-cell", "covered-table-cell"):
            self._cell(attributes)
        elif tag == "table-row":
            self._row += self._rows
            self._rows, self._column = _count(attributes, "number-rows-repeated"), 0
            self._hides = attributes.get(f"{TABLE}visibility") in HIDDEN
        elif tag == "table-column":
            last = min(self._columns + _count(attributes, "number-columns-repeated"), MOST_COLUMNS)
            if attributes.get(f"{TABLE}visibility") in HIDDEN:
                self._layout.hidden_columns.update(range(self._columns, last))
            self._columns = last
        elif tag == "table":
            self._name = attributes.get(f"{TABLE}name", "")
            self._layout = self._layouts[self._name] = Layout()
            self._row = self._rows = self._column = self._columns = 0

    def _cell(self, attributes: Mapping[str, str]) -> None:
        row, column, layout = self._row, self._column, self._layout
        repeated = _count(attributes, "number-columns-repeated")
        self._column += repeated
        kind = attributes.get(f"{OFFICE}value-type")
        if not kind:
            return
        layout.take_in(row, column, row + self._rows - 1, self._column - 1)
        layout.check_size(self._name)
        rows = range(row, row + self._rows)
        if self._hides:
            layout.hidden_rows.update(rows)
        if kind == "percentage":
            layout.percent.update((line, place) for line in rows for place in range(column, self._column))
        spanned = _count(attributes, "number-rows-spanned")
        if spanned > 1:
            right = column + _count(attributes, "number-columns-spanned") - 1
            layout.merged.append(((row, column), (row + spanned - 1, right)))


def _count(attributes: Mapping[str, str], name: str) -> int:
    value = attributes.get(f"{TABLE}{name}", "1")
    return max(1, int(value)) if value.isdecimal() and len(value) < 10 else 1
