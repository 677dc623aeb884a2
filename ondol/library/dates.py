"""Dates as documents, programs and people write them."""

from __future__ import annotations

import calendar
import re
from datetime import date

SEPARATED = re.compile(
    r"(\d{4})(?!\d)(?:\s*[-./년]\s*(\d{1,2})(?!\d)(?:\s*[-./월]\s*(\d{1,2})(?!\d))?)?"
    r"\s*[./년월일]?\s*(?:\([^)]*\))?(?:[T,\s]+\d{1,2}(?:[:시]|\d\d).*)?\s*"
)
"""After the day the unit, a day of the week in brackets and a time may follow."""
TOGETHER = re.compile(r"(\d{4})(\d\d)(\d\d)(?:\d{4}(?:\d\d)?)?(?:[TZ+' -].*)?")
"""20240517, 202405171200 and 20240517120000, but no seconds since 1970, which have ten digits."""


def read_period(text: object) -> tuple[date, date] | None:
    """First and last day of `2024-05-17`, `2024. 5. 17.(금) 09:00`, `D:20240517093000`, `2024년 5월` or `2024`.

    The day counts as it is written, whatever the time zone; None when this is no date.
    """
    written = str(text).strip().removeprefix("D:")
    found = TOGETHER.fullmatch(written) or SEPARATED.fullmatch(written)
    if not found:
        return None
    year, month, day = (None if part is None else int(part) for part in found.groups())
    try:
        first = date(year or 0, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        return None
    if day is not None:
        return first, first
    month = 12 if month is None else month
    return first, date(first.year, month, calendar.monthrange(first.year, month)[1])


def iso_day(text: object) -> str:
    """The first day of what `read_period` reads, `2024-05-17`; empty when this is no date."""
    period = read_period(text)
    return period[0].isoformat() if period else ""
