"""Layouts of the sheets of an Excel workbook in binary parts: how large each is.

Source: [MS-XLSB] 2.1.4 (records), 2.4.311 BrtBundleSh, 2.4.746 BrtRowHdr; cells are the records 1 to 11.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ondol.ingest.formats.sheet_layout import Layout, sheet_path
from ondol.ingest.formats.zipped import ZippedDocument

ROW, CELLS, SHEET = 0, range(2, 12), 156
"""Kinds of records; a cell of kind 1 is empty."""


class XlsbLayouts:
    """Each is read when it is asked for."""

    def __init__(self, data: bytes) -> None:
        self._package = ZippedDocument(data, kind=".xlsb")
        links = self._package.find_xml("xl/_rels/workbook.bin.rels")
        targets = {} if links is None else {link.get("Id"): link.get("Target") or "" for link in links}
        self._members: dict[str, str] = {}
        for kind, body in self._records("xl/workbook.bin"):
            if kind == SHEET:
                link, place = _string(body, 8)
                self._members[_string(body, place)[0]] = sheet_path(targets.get(link, ""))

    def read(self, name: str) -> Layout:
        """The layout of a sheet; an empty one where it cannot be told.

        Raises:
            UnusableInput: the sheet is damaged, or spans too many cells.
        """
        layout, row = Layout(), 0
        for kind, body in self._records(self._members.get(name, "")):
            if kind == ROW and len(body) >= 4:
                (row,) = struct.unpack_from("<I", body)
            elif kind in CELLS and len(body) >= 4:
                (column,) = struct.unpack_from("<I", body)
                layout.take_in(row, column, row, column)
        layout.check_size(name)
        return layout

    def _records(self, member: str) -> Iterator[tuple[int, bytes]]:
        """Kind and body of every record; none of a member that is not there, of which the reader of values tells."""
        data = self._package.read(member) if member in self._package.names else b""
        place = 0
        while place + 2 <= len(data):
            kind, place = _number(data, place, 2)
            size, place = _number(data, place, 4)
            yield kind, data[place : place + size]
            place += size


def _number(data: bytes, place: int, longest: int) -> tuple[int, int]:
    """A number in groups of 7 bits, the lowest first, and where it ends."""
    number = 0
    for shift in range(longest):
        byte = data[place] if place < len(data) else 0
        place += 1
        number |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            break
    return number, place


def _string(data: bytes, place: int) -> tuple[str, int]:
    """A text with its length before it, and where it ends."""
    if len(data) < place + 4:
        return "", place
    (length,) = struct.unpack_from("<I", data, place)
    end = place + 4 + 2 * length
    return data[place + 4 : end].decode("utf-16-le", "replace"), end
