from datetime import date

import pytest

from ondol.agents.tools.dates import make_dates

TODAY = date(2026, 11, 26)


@pytest.fixture
def ask():
    tool = make_dates(today=lambda: TODAY)
    return lambda operation, **args: tool.invoke({"operation": operation, **args})


def test_today_comes_from_the_clock(ask):
    assert ask("today") == "Today is 2026-11-26 (Thursday, 목요일)."


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("2024-05-17", "2024-05-17 (Friday, 금요일)"), ("2024년 5월 17일", "2024-05-17 (Friday, 금요일)"),
        ("2024. 5. 17.(금)", "2024-05-17 (Friday, 금요일)"), ("20240517", "2024-05-17 (Friday, 금요일)"),
        ("5월 17일", "2026-05-17 (Sunday, 일요일)"), ("12/25", "2026-12-25 (Friday, 금요일)"),
        ("내일", "2026-11-27 (Friday, 금요일)"), ("Yesterday", "2026-11-25 (Wednesday, 수요일)"),
        (None, "2026-11-26 (Thursday, 목요일)"),
    ],
)  # fmt: skip
def test_days_are_read_as_people_write_them(ask, written, told):
    assert ask("weekday", date=written) == told


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        (
            "2024-05-17",
            "오늘",
            "923 days = 131 weeks and 6 days = 30 months and 9 days = 2 years, 6 months and 9 days.",
        ),
        ("2024-02-29", "2025-02-28", "365 days = 52 weeks and 1 day = 12 months = 1 year."),
        ("2024-01-31", "2024-03-01", "30 days = 4 weeks and 2 days = 1 month and 1 day."),
        ("today", "2026-11-20", "6 days. The second date is the earlier one."),
        ("today", "today", "0 days."),
        ("2026-11-25", "오늘", "1 day."),
    ],
)
def test_the_time_between_two_days(ask, first, last, told):
    assert ask("difference", date=first, other=last).endswith(f": {told}")


@pytest.mark.parametrize(
    ("day", "amount", "unit", "told"),
    [
        ("2024-01-31", 1, "months", "2024-02-29 (Thursday, 목요일)"),
        ("2024-02-29", 1, "년", "2025-02-28 (Friday, 금요일)"),
        ("2024-03-31", -1, "개월", "2024-02-29 (Thursday, 목요일)"),
        ("오늘", 100, "일", "2027-03-06 (Saturday, 토요일)"),
        ("오늘", "2", "weeks", "2026-12-10 (Thursday, 목요일)"), ("오늘", -3, "영업일", "2026-11-23 (Monday, 월요일)"),
        ("2026-11-27", 1, "workdays", "2026-11-30 (Monday, 월요일)"),
    ],
)  # fmt: skip
def test_time_is_added_and_taken_away(ask, day, amount, unit, told):
    assert ask("add", date=day, amount=amount, unit=unit).endswith(f" = {told}")


def test_workdays_are_counted_with_both_ends(ask):
    text = ask("workdays", date="2026-11-23", other="2026-12-06")
    assert text.endswith("both counted: 10 workdays. Weekends are left out; public holidays are not known here and "
                         "count as workdays.")  # fmt: skip
    assert ask("workdays", date="2026-12-06", other="2026-11-23").count("10 workdays") == 1


def test_holidays_that_are_known_are_left_out():
    tool = make_dates(today=lambda: TODAY, holidays=[date(2026, 12, 25), date(2026, 12, 26)])
    text = tool.invoke({"operation": "workdays", "date": "2026-12-21", "other": "2026-12-27"})
    assert "4 workdays. Weekends and the known holidays are left out." in text
    added = tool.invoke({"operation": "add", "date": "2026-12-24", "amount": 1, "unit": "workdays"})
    assert added.endswith("2026-12-28 (Monday, 월요일)")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ({"date": "2024-13-40"}, "'2024-13-40' is no day of the calendar. Write it like 2024-05-17."),
        ({"date": "2024년 5월"}, "'2024년 5월' is no single day. Write it like 2024-05-17."),
        ({"date": "x" * 5000}, f"'{'x' * 60}' is no day of the calendar. Write it like 2024-05-17."),
    ],
)
def test_what_is_no_day_is_told(ask, args, told):
    assert ask("weekday", **args) == f"Error: {told}"


@pytest.mark.parametrize(
    ("amount", "unit"),
    [(10**18, "days"), (-(10**30), "months"), (10**9, "years"), (10**6, "workdays"), (-800_000, "days")],
)
def test_the_calendar_has_an_end(ask, amount, unit):
    told = ask("add", amount=amount, unit=unit)
    assert told == "Error: That date is outside of the calendar (years 1 to 9999)."


def test_units_and_operations_that_are_not_known_are_told(ask):
    assert ask("add", unit="parsec") == ("Error: 'parsec' is no unit. Write days, weeks, months, years or workdays.")
    assert "'today', 'weekday', 'difference', 'add' or 'workdays'" in ask("explode")
