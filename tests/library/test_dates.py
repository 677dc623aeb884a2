"""Dates are read as they are written, and nothing else is taken for one."""

from datetime import date

import pytest

from ondol.library.dates import iso_day, read_period

MAY_17 = "2024-05-17"


@pytest.mark.parametrize(
    "written",
    [
        "2024-05-17", "2024-05-17T23:30:00-09:00", "2024-05-17 09:00", "2024/5/17", "2024. 5. 17.", "2024.05.17.(금)",
        "2024년 5월 17일", "2024년 5월 17일 9시", "20240517", "20240517093000+09'00'", "D:20240517", " 2024-05-17 ",
    ],
)  # fmt: skip
def test_a_day_is_read_whatever_its_form(written):
    assert read_period(written) == (date(2024, 5, 17), date(2024, 5, 17))


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        (2023, "2023-01-01", "2023-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2023년 2월", "2023-02-01", "2023-02-28"),
        ("2024년", "2024-01-01", "2024-12-31"),
    ],
)
def test_a_month_or_a_year_goes_from_its_first_day_to_its_last(written, first, last):
    assert tuple(map(date.isoformat, read_period(written))) == (first, last)
    assert iso_day(written) == first


@pytest.mark.parametrize(
    "written",
    [
        "",
        None,
        "yesterday",
        "2024-13",
        "2024-02-30",
        "2024-1300",
        "1716000000",
        "171600000000",
        "2024 Summer",
        "12.5",
        "0000",
    ],
)
def test_what_is_no_date_is_none(written):
    assert read_period(written) is None
    assert iso_day(written) == ""
