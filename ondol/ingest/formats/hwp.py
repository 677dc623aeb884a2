"""HWP 5, the binary format of Hangul: records in OLE streams.

Source: Hancom, "Hangul document file format 5.0", revision 1.3.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import olefile

from ondol.errors import UnusableInput
from ondol.ingest.formats.hangul import HangulText
from ondol.ingest.parsed import Parsed

LARGEST = 256 << 20
"""Bytes of a section unpacked."""
COMPRESSED, PASSWORD, DISTRIBUTION, DRM = 1, 2, 4, 16
PARA_HEADER, PARA_TEXT, CTRL_HEADER, LIST_HEADER, TABLE = 66, 67, 71, 72, 77
CHAR_CONTROLS = {10: "\n", 13: "", 24: "-", 30: " ", 31: " "}
"""Controls of one character; all others below 32 take eight."""
TAB = 9
DEEPEST = 64


@dataclass(slots=True)
class Record:
    tag: int
    data: bytes
    below: list[Record] = field(default_factory=list)


def read_hwp(data: bytes, name: str) -> Parsed:
    if data.startswith(b"HWP Document File V"):
        raise UnusableInput("The document is in the format of Hangul 97 or older; save it as .hwp 5 or .hwpx.")
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            return _read(ole, name)
    except UnusableInput:
        raise
    except (OSError, ValueError, struct.error, IndexError, KeyError, TypeError, AttributeError) as error:
        raise _damaged() from error  # olefile raises all of these on broken tables


def _read(ole: Any, name: str) -> Parsed:
    if not ole.exists("FileHeader"):
        raise _damaged()
    header = ole.openstream("FileHeader").read(40)
    if not header.startswith(b"HWP Document File"):
        raise _damaged()
    (flags,) = struct.unpack_from("<I", header, 36)
    if flags & PASSWORD:
        raise UnusableInput("The document is protected by a password.")
    if flags & DISTRIBUTION:
        raise UnusableInput("The document is locked for distribution (배포용 문서); ask its author for an open copy.")
    if flags & DRM:
        raise UnusableInput("The document is locked by a rights management system (DRM).")
    streams = sorted(
        (int(path[1][7:]), path) for path in ole.listdir()
        if len(path) == 2 and path[0] == "BodyText" and path[1].startswith("Section") and path[1][7:].isdigit()
    )  # fmt: skip
    if not streams:
        raise _damaged()
    text = HangulText(many=len(streams) > 1)
    for _, path in streams:
        text.begin_section()
        packed = ole.openstream(path).read()
        for record in _tree(_unpacked(packed) if flags & COMPRESSED else packed):
            _read_record(record, text)
    title, author, day = _about(ole)
    return text.build(title=title or name, format="hwp", author=author, date=day)


def _unpacked(packed: bytes) -> bytes:
    engine = zlib.decompressobj(-15)
    try:
        data = engine.decompress(packed, LARGEST + 1)
    except zlib.error as error:
        raise _damaged() from error
    if len(data) > LARGEST:
        raise UnusableInput("The document unpacks to more than {limit} MB.", limit=LARGEST >> 20)
    return data


def _tree(data: bytes) -> list[Record]:
    """Records by their level; the header is tag (10 bits), level (10) and size (12, all ones: four bytes follow)."""
    top: list[Record] = []
    above: list[list[Record]] = [top]
    place = 0
    while place + 4 <= len(data):
        (header,) = struct.unpack_from("<I", data, place)
        tag, level, size = header & 0x3FF, header >> 10 & 0x3FF, header >> 20
        place += 4
        if size == 0xFFF:
            if place + 4 > len(data):
                break
            (size,) = struct.unpack_from("<I", data, place)
            place += 4
        record = Record(tag, data[place : place + size])
        place += size
        del above[min(level, DEEPEST) + 1 :]
        above[-1].append(record)
        above.append(record.below)
    return top


def _read_record(record: Record, text: HangulText) -> None:
    """A paragraph and what is anchored in it; of other records, what is below them."""
    if record.tag != PARA_HEADER:
        for inner in record.below:
            _read_record(inner, text)
        return
    text.add_paragraph(_words(record))
    for control in record.below:
        if control.tag == CTRL_HEADER:
            _read_control(control, text)


def _read_control(control: Record, text: HangulText) -> None:
    kind = control.data[:4][::-1]
    if kind == b"tbl ":
        text.add_table(_rows(control))
    elif kind in (b"head", b"foot"):
        text.add_margin(_words_below(control))
    elif kind in (b"fn  ", b"en  "):
        text.add_note(_words_below(control))
    elif kind == b"secd":  # master pages of the section
        text.add_margin(_words_below(control))
    else:
        for inner in control.below:
            _read_record(inner, text)


def _rows(table: Record) -> list[list[str]]:
    """Cells by their row; a cell is a LIST_HEADER whose paragraphs follow it on the same level."""
    rows: dict[int, list[str]] = {}
    row: list[str] | None = None
    for record in table.below:
        if record.tag == LIST_HEADER and len(record.data) >= 12:
            (number,) = struct.unpack_from("<H", record.data, 10)
            row = rows.setdefault(number, [])
            row.append(_words_below(record))
        elif record.tag == PARA_HEADER and row is not None:
            row[-1] += _words_below(record, whole=True)
    return [rows[number] for number in sorted(rows)]


def _words_below(record: Record, *, whole: bool = False) -> str:
    """The text of all paragraphs below, a line each; with `whole` the record is a paragraph itself."""
    lines = [_words(record)] if whole else []
    lines += (_words_below(inner, whole=inner.tag == PARA_HEADER) for inner in record.below)
    return "\n".join(filter(None, lines)) + ("\n" if whole else "")


def _words(paragraph: Record) -> str:
    return "".join("".join(_characters(inner.data)) for inner in paragraph.below if inner.tag == PARA_TEXT)


def _characters(data: bytes) -> Iterator[str]:
    """UTF-16 with controls, most of which take eight code units."""
    units: Sequence[int] = struct.unpack(f"<{len(data) // 2}H", data[: len(data) // 2 * 2])
    place, start = 0, 0
    while place < len(units):
        unit = units[place]
        if unit >= 32:
            place += 1
            continue
        yield _text(units[start:place])
        if unit in CHAR_CONTROLS:
            yield CHAR_CONTROLS[unit]
            place += 1
        elif unit == 0 or 25 <= unit <= 29:
            place += 1
        else:
            yield "\t" if unit == TAB else ""
            place += 8
        start = place
    yield _text(units[start:])


def _text(units: Sequence[int]) -> str:
    return struct.pack(f"<{len(units)}H", *units).decode("utf-16-le", "replace")


def _about(ole: Any) -> tuple[str, str, str]:
    """Title, author and day of the last change, as the summary tells them."""
    stream = "\x05HwpSummaryInformation"
    if not ole.exists(stream):
        return "", "", ""
    try:
        values = ole.getproperties(stream, convert_time=True)
    except (OSError, ValueError, struct.error, IndexError, KeyError, TypeError):
        return "", "", ""
    day = next((values[key] for key in (13, 12) if isinstance(values.get(key), datetime)), None)
    return _string(values.get(2)), _string(values.get(4)), day.date().isoformat() if day and day.year > 1990 else ""


def _string(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return str(value or "").split("\0")[0].strip()  # olefile reads on behind the end


def _damaged() -> UnusableInput:
    return UnusableInput("The document is damaged or not a {kind} file.", kind=".hwp")
