"""Counting with days: periods in people's units, months that are shorter, working days."""

from __future__ import annotations

import calendar
import re
from collections.abc import Collection
from datetime import date, timedelta

from ondol.errors import UnusableInput
from ondol.library.dates import read_period

WORDS = {"": 0, "today": 0, "now": 0, "오늘": 0, "지금": 0, "tomorrow": 1, "내일": 1, "yesterday": -1, "어제": -1,
         "모레": 2, "글피": 3, "그저께": -2, "그제": -2}  # fmt: skip
WITHOUT_YEAR = re.compile(r"(\d{1,2})\s*월\s*(\d{1,2})\s*일?|(\d{1,2})[-/](\d{1,2})")
WEEKDAYS = tuple(zip(
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(), "월화수목금토일", strict=True
))  # fmt: skip
LONGEST = 60


def read_day(text: str, today: date) -> date:
    """`2024-05-17`, `2024년 5월 17일`, `2024. 5. 17.(금)`, `5월 17일` of this year, `내일`.

    Raises:
        UnusableInput: it is no day, or a longer time; the message says what to write.
    """
    written = " ".join(text[: LONGEST + 1].lower().split())
    if written in WORDS:
        return today + timedelta(days=WORDS[written])
    if len(written) <= LONGEST:
        if found := WITHOUT_YEAR.fullmatch(written):
            month, day = (int(part) for part in found.groups() if part)
            written = f"{today.year}-{month}-{day}"
        period = read_period(written)
        if period and period[0] == period[1]:
            return period[0]
        if period:
            raise UnusableInput("'{text}' is no single day. Write it like 2024-05-17.", text=text)
    raise UnusableInput("'{text}' is no day of the calendar. Write it like 2024-05-17.", text=text[:LONGEST])


def show_day(day: date) -> str:
    """`2024-05-17 (Friday, 금요일)`."""
    english, korean = WEEKDAYS[day.weekday()]
    return f"{day.isoformat()} ({english}, {korean}요일)"


def add_months(day: date, months: int) -> date:
    """The same day of another month, or its last one where it is shorter.

    Raises:
        ValueError, OverflowError: the year is not 1 to 9999.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise ValueError("year")
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def months_between(first: date, last: date) -> tuple[int, int]:
    """Whole months from `first` to a later `last`, and the days that are left."""
    months = (last.year - first.year) * 12 + last.month - first.month
    if add_months(first, months) > last:
        months -= 1
    return months, (last - add_months(first, months)).days


def count_workdays(first: date, last: date, holidays: Collection[date]) -> int:
    """Mondays to Fridays from `first` to a later `last`, both counted."""
    days = (last - first).days + 1
    weeks, rest = divmod(days, 7)
    extra = sum((first.weekday() + number) % 7 < 5 for number in range(rest))
    free = sum(first <= day <= last and day.weekday() < 5 for day in set(holidays))
    return weeks * 5 + extra - free


def add_workdays(day: date, amount: int, holidays: Collection[date]) -> date:
    """The day after `amount` working days; the first day itself is not counted."""
    free, step = set(holidays), timedelta(days=1 if amount > 0 else -1)
    left = abs(amount)
    while left:
        day += step
        left -= day.weekday() < 5 and day not in free
    return day
