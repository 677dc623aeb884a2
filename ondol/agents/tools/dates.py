"""Dates for models, which cannot count days and do not know which day it is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, timedelta
from typing import Literal

from langchain_core.tools import BaseTool
from pydantic import Field

from ondol.agents.tools.days import add_months, add_workdays, count_workdays, months_between, read_day, show_day
from ondol.agents.tools.tool import ToolArgs, make_tool
from ondol.errors import UnusableInput

UNITS = {
    "day": ("day", "days", "일", "날"), "week": ("week", "weeks", "주", "주일"),
    "month": ("month", "months", "월", "달", "개월"), "year": ("year", "years", "년", "해"),
    "workday": ("workday", "workdays", "business day", "business days", "working days", "영업일", "근무일", "평일"),
}  # fmt: skip
FURTHEST = 100_000
"""Workdays that are counted one by one; other units end with the calendar."""
NO_HOLIDAYS = "Weekends are left out; public holidays are not known here and count as workdays."
Operation = Literal["today", "weekday", "difference", "add", "workdays"]


class DatesArgs(ToolArgs):
    operation: Operation = Field(
        description="today: what day it is. weekday: day of the week of `date`. difference: from `date` to `other`. "
        "add: `date` plus `amount` of `unit`. workdays: working days from `date` to `other`."
    )
    date: str = Field("today", description="2024-05-17, 2024년 5월 17일, today or 오늘.")
    other: str = Field("today", description="The second date, for difference and workdays.")
    amount: int = Field(0, description="For add: how many; negative goes back.")
    unit: str = Field("days", description="For add: days, weeks, months, years or workdays.")


def make_dates(*, today: Callable[[], date] = date.today, holidays: Collection[date] = ()) -> BaseTool:
    """A tool that knows today and counts between days.

    Args:
        today: the clock.
        holidays: days that are no working days beside Saturdays and Sundays.
    """
    calendar = _Calendar(today, holidays)
    return make_tool(
        calendar.answer, name="dates", args=DatesArgs,
        description="Tells today's date, weekdays, the time between two dates, and dates before or after another.",
    )  # fmt: skip


class _Calendar:
    def __init__(self, today: Callable[[], date], holidays: Collection[date]) -> None:
        self._today, self._holidays = today, holidays

    def answer(self, operation: Operation, date: str, other: str, amount: int, unit: str) -> str:
        today = self._today()
        if operation == "today":
            return f"Today is {show_day(today)}."
        first = read_day(date, today)
        if operation == "weekday":
            return f"{show_day(first)}"
        if operation == "add":
            return self._add(first, amount, unit)
        last = read_day(other, today)
        return self._difference(first, last) if operation == "difference" else self._workdays(first, last)

    def _difference(self, first: date, last: date) -> str:
        early, late = min(first, last), max(first, last)
        days = (late - early).days
        months, rest = months_between(early, late)
        told = [_count(days, "day")]
        if days >= 7:
            told.append(_joined((days // 7, "week"), (days % 7, "day")))
        if months:
            told.append(_joined((months, "month"), (rest, "day")))
        if months >= 12:
            told.append(_joined((months // 12, "year"), (months % 12, "month"), (rest, "day")))
        before = " The second date is the earlier one." if last < first else ""
        return f"From {show_day(first)} to {show_day(last)}: {' = '.join(told)}.{before}"

    def _workdays(self, first: date, last: date) -> str:
        early, late = min(first, last), max(first, last)
        count = count_workdays(early, late, self._holidays)
        left = "Weekends and the known holidays are left out." if self._holidays else NO_HOLIDAYS
        return f"From {show_day(early)} to {show_day(late)}, both counted: {_count(count, 'workday')}. {left}"

    def _add(self, first: date, amount: int, unit: str) -> str:
        name = next((name for name, words in UNITS.items() if unit.strip().lower() in words), "")
        if not name:
            raise UnusableInput("'{unit}' is no unit. Write days, weeks, months, years or workdays.", unit=unit[:40])
        try:
            day = self._moved(first, amount, name)
        except (OverflowError, ValueError) as error:
            raise UnusableInput("That date is outside of the calendar (years 1 to 9999).") from error
        return f"{show_day(first)} {'+' if amount >= 0 else '-'} {_count(abs(amount), name)} = {show_day(day)}"

    def _moved(self, first: date, amount: int, name: str) -> date:
        match name:
            case "month" | "year":
                return add_months(first, amount * (12 if name == "year" else 1))
            case "workday":
                if abs(amount) > FURTHEST:
                    raise OverflowError
                return add_workdays(first, amount, self._holidays)
        return first + timedelta(days=amount * (7 if name == "week" else 1))


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"


def _joined(*parts: tuple[int, str]) -> str:
    """`2 years and 3 days`; parts of nothing are left out."""
    told = [_count(number, name) for number, name in parts if number]
    return " and ".join(filter(None, [", ".join(told[:-1]), *told[-1:]]))
