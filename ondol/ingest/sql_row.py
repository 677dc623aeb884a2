"""Values of database columns as people read them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from ondol.ingest.parsed import canonical
from ondol.library.dates import iso_day

DATED = re.compile(
    r"(?:.*[_ ])?(?:date|day|created|updated|modified|published)(?:_?(?:at|on|time))?|.+_(?:at|on)|.+(?:Date|At)"
    r"|.*(?:날짜|일자|일시)|(?:작성|등록|수정|게시|발행|시행|공포|접수|공고)일시?"
)
"""Names of columns with dates, whose values are then looked at."""

LONGEST_DATE = 60
"""Characters; a longer text is none."""


def write_value(value: object) -> str:
    """A value as text; empty for none, and for bytes, which are no text."""
    match value:
        case None | bytes() | bytearray() | memoryview():
            return ""
        case str():
            return canonical(value)
        case datetime():
            return value.isoformat(" ", "seconds").removesuffix(" 00:00:00")
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case dict() | list() | tuple():
            return canonical(json.dumps(value, ensure_ascii=False, default=str))
    return canonical(str(value))


def find_date(names: Sequence[str], row: Sequence[object]) -> object:
    """The first value that is a date by its type, else by its column's name and its form; None without one."""
    for value in row:
        if isinstance(value, date):
            return value
    for name, value in zip(names, row, strict=True):
        is_dated = DATED.fullmatch(name) or DATED.fullmatch(name.lower())
        if is_dated and isinstance(value, str) and len(value) <= LONGEST_DATE and iso_day(value):
            return value
    return None
