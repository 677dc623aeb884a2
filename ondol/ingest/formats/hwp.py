"""HWP 5, the binary format of Hangul: records in OLE streams.

Source: Hancom, "Hangul document file format 5.0", revision 1.3.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

import olefile

from ondol.errors import UnusableInput
from ondol.ingest.formats.hangul import HangulText
from ondol.ingest.formats.hwp_summary import read_summary
from ondol.ingest.parsed import Parsed
from ondol.lang import translate

LARGEST = 256 << 20
"""Bytes of a section unpacked."""
COMPRESSED, PASSWORD, DISTRIBUTION, DRM = 1, 2, 4, 16
PARA_HEADER, PARA_TEXT, CTRL_HEADER, LIST_HEADER, TABLE, MEMO_LIST = 66, 67, 71, 72, 77, 93
CHAR_CONTROLS = {10: "\n", 13: "", 24: "-", 30: " ", 31: " "}
"""Controls of one character; all others below 32 take eight."""
TAB = 9
DEEPEST = 64
SUMMARY = "\x05HwpSummaryInformation"


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
    whole = True
    for _, path in streams:
        text.begin_section()
        whole = _read_section(ole.openstream(path).read(), text, packed=bool(flags & COMPRESSED)) and whole
    title, author, day = read_summary(ole.openstream(SUMMARY).read()) if ole.exists(SUMMARY) else ("", "", "")
    unread = "" if whole else translate("The file is cut off: the end of its text is missing.")
    parsed = text.build(title=title or name, format="hwp", author=author, date=day, unread=unread)
    if unread and not parsed.text:
        raise _damaged()
    return parsed


def _read_section(data: bytes, text: HangulText, *, packed: bool) -> bool:
    """Returns whether the section is whole, and not cut off."""
    complete = True
    if packed:
        data, complete = _unpacked(data)
    records, whole = _tree(data)
    for record in records:
        _drop_comments(record, text)
        _read_record(record, text)
    return whole and complete


def _unpacked(packed: bytes) -> tuple[bytes, bool]:
    """The data, and whether the stream came to its end."""
    engine = zlib.decompressobj(-15)
    try:
        data = engine.decompress(packed, LARGEST + 1)
    except zlib.error as error:
        raise _damaged() from error
    if len(data) > LARGEST:
        raise UnusableInput("The document unpacks to more than {limit} MB.", limit=LARGEST >> 20)
    return data, engine.eof


def _tree(data: bytes) -> tuple[list[Record], bool]:
    """Records by their level, and whether the last one is whole.

    The header is tag (10 bits), level (10) and size (12, all ones: four bytes follow).
    """
    top: list[Record] = []
    above: list[list[Record]] = [top]
    place = 0
    while place + 4 <= len(data):
        (header,) = struct.unpack_from("<I", data, place)
        tag, level, size = header & 0x3FF, header >> 10 & 0x3FF, header >> 20
        place += 4
        if size == 0xFFF:
            if place + 4 > len(data):
                return top, False
            (size,) = struct.unpack_from("<I", data, place)
            place += 4
        record = Record(tag, data[place : place + size])
        place += size
        del above[min(level, DEEPEST) + 1 :]
        above[-1].append(record)
        above.append(record.below)
    return top, place <= len(data) and not any(data[place:])


def _drop_comments(record: Record, text: HangulText) -> None:
    """Take hidden comments and memos out of what is below; a memo's paragraphs follow it on the same level."""
    kept: list[Record] = []
    in_memo = False
    for inner in record.below:
        comment = inner.tag == CTRL_HEADER and inner.data[:4] == b"tcmt"[::-1]
        in_memo = inner.tag == MEMO_LIST or (in_memo and inner.tag in (LIST_HEADER, PARA_HEADER))
        if comment or inner.tag == MEMO_LIST:
            text.count_comment()
        elif not in_memo:
            kept.append(inner)
            _drop_comments(inner, text)
    record.below[:] = kept


def _read_record(record: Record, text: HangulText) -> None:
    """A paragraph and what is anchored in it; of other records, what is below them."""
    if record.tag == MEMO_LIST:
        text.count_comment()
    elif record.tag != PARA_HEADER:
        for inner in record.below:
            _read_record(inner, text)
    else:
        text.add_paragraph(_words(record))
        for control in record.below:
            if control.tag == CTRL_HEADER:
                _read_control(control, text)


def _read_control(control: Record, text: HangulText) -> None:
    kind = control.data[:4][::-1]
    if kind == b"tbl ":
        caption, cells = _split_table(control)
        text.add_paragraph("\n".join(_words_below(part, whole=part.tag == PARA_HEADER) for part in caption))
        text.add_table(_rows(cells))
    elif kind in (b"head", b"foot"):
        text.add_margin(_words_below(control))
    elif kind in (b"fn  ", b"en  "):
        text.add_note(_words_below(control))
    elif kind == b"secd":  # master pages of the section
        text.add_margin(_words_below(control))
    else:
        for inner in control.below:
            _read_record(inner, text)


def _split_table(table: Record) -> tuple[list[Record], list[Record]]:
    """Records of the caption, which stand before the one that describes the table, and those of the cells."""
    before = list(takewhile(lambda record: record.tag != TABLE, table.below))
    return (before, table.below[len(before) :]) if len(before) < len(table.below) else ([], before)


def _rows(records: Sequence[Record]) -> list[list[str]]:
    """Cells by their row; a cell is a LIST_HEADER whose paragraphs follow it on the same level."""
    rows: dict[int, list[str]] = {}
    row: list[str] | None = None
    for record in records:
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


def _damaged() -> UnusableInput:
    return UnusableInput("The document is damaged or not a {kind} file.", kind=".hwp")
