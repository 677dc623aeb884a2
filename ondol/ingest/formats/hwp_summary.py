"""The summary of a HWP document: a property set, read by hand since its offsets may lead anywhere.

Source: [MS-OLEPS] for the layout; Hancom, "Hangul document file format 5.0", for the numbers.
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta

TITLE, AUTHOR, CREATED, SAVED = 2, 4, 12, 13
NARROW, WIDE, FILETIME = 0x1E, 0x1F, 0x40
MOST = 256
"""Properties looked at; Hangul writes about fifteen."""
LONGEST = 4096
"""Characters of a title; one that claims more is damaged."""
FIRST_SET = 44
"""Where the offset of the first property set stands."""
EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def read_summary(stream: bytes) -> tuple[str, str, str]:
    """Title, author and day of the last change (ISO); each empty where it is missing or damaged."""
    values = _values(stream)
    return values.get(TITLE, ""), values.get(AUTHOR, ""), values.get(SAVED) or values.get(CREATED, "")


def _values(stream: bytes) -> dict[int, str]:
    found: dict[int, str] = {}
    start = _number(stream, FIRST_SET)
    table = 8 + 8 * min(_number(stream, start + 4), MOST)
    for place in range(start + 8, start + table, 8):
        key, offset = _number(stream, place), _number(stream, place + 4)
        if offset < table:
            continue
        kind, size = _number(stream, start + offset), _number(stream, start + offset + 4)
        content = start + offset + 8
        if key in (TITLE, AUTHOR) and kind in (NARROW, WIDE):
            found[key] = _string(stream, content, size, wide=kind == WIDE)
        elif key in (CREATED, SAVED) and kind == FILETIME:
            found[key] = _day(size | _number(stream, content) << 32)
    return found


def _number(stream: bytes, place: int) -> int:
    """A number of four bytes; 0 outside of the stream."""
    return int(struct.unpack_from("<I", stream, place)[0]) if place + 4 <= len(stream) else 0


def _string(stream: bytes, place: int, size: int, *, wide: bool) -> str:
    length = size * (2 if wide else 1)
    raw = stream[place : place + length]
    if size > LONGEST or len(raw) < length:
        return ""
    for encoding in ("utf-16-le",) if wide else ("utf-8", "cp949"):
        try:
            return raw.decode(encoding).split("\0")[0].strip()
        except UnicodeDecodeError:
            continue
    return ""


def _day(ticks: int) -> str:
    """From the count of 100 ns since 1601; empty for what no computer wrote."""
    try:
        day = EPOCH + timedelta(microseconds=ticks // 10)
    except OverflowError:
        return ""
    return day.date().isoformat() if day.year > 1990 else ""
