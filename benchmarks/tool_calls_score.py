"""Whether a tool call is right: by what its arguments mean, not by how they are written."""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import permutations
from typing import Any

from langchain_core.tools import BaseTool
from pydantic import ValidationError

from ondol.agents.tools.calculator import calculate
from ondol.agents.tools.dates import UNITS
from ondol.agents.tools.days import add_months, add_workdays, read_day
from ondol.agents.tools.expression import read_expression
from ondol.agents.tools.statement import check_statement
from ondol.answer.terms import terms
from ondol.errors import OndolError
from ondol.ingest.web.address import parse_address
from ondol.lang import nfc

TODAY = date(2026, 3, 2)
FOLDER = "notes"
MOST_STEPS = 2_000_000
"""Of SQLite's machine for one statement; a join of everything with everything does not end."""
MOST_COLUMNS = 6
Row = dict[str, Any]
Same = Callable[[Row, Row], bool]


class Scorer:
    """Compares calls with right ones; SQL is run on `database`, which must not be changed by anything else."""

    def __init__(self, tools: Sequence[BaseTool], database: sqlite3.Connection) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._database = database
        database.execute("PRAGMA query_only = ON")

    def score(self, task: Mapping[str, Any], call: Mapping[str, Any] | None) -> dict[str, float]:
        """1 or 0 for `tool`, `arguments` (of the right tool) and `json`.

        Args:
            task: `question`, and calls that are `right`: rows of `tool` and `arguments`.
            call: `name` and `args` of the first call of a reply; None where no whole call could be read.
        """
        if call is None:
            return {"tool": 0.0, "arguments": 0.0, "json": 0.0}
        rows = [row["arguments"] for row in task["right"] if row["tool"] == call["name"]]
        same = any(self._is_same(call["name"], call["args"], right, task["question"]) for right in rows)
        return {"tool": float(bool(rows)), "arguments": float(same), "json": 1.0}

    def _is_same(self, name: str, said: Row, right: Row, question: str) -> bool:
        """Both are read as the tool reads them, so that what is left out has its default."""
        schema: Any = self._tools[name].args_schema
        try:
            said, right = (schema.model_validate(row).model_dump() for row in (said, right))
        except ValidationError:
            return False
        compare: dict[str, Same] = {
            "calculator": same_value, "dates": same_dates, "read_file": same_path, "list_files": same_path,
            "fetch_page": same_page, "list_tables": lambda a, b: _plain(a["table"]) == _plain(b["table"]),
            "query_database": lambda a, b: same_rows(self._rows(a["query"]), self._rows(b["query"])),
        }  # fmt: skip
        by_words: Same = lambda a, b: same_words(a["query"], b["query"], question)  # noqa: E731
        try:
            return compare.get(name, by_words)(said, right)
        except (OndolError, sqlite3.Error, ValueError, OverflowError):  # what the tool would refuse
            return False

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        statement = check_statement(query, dialect="sqlite")
        steps = iter(range(MOST_STEPS // 1000))
        self._database.set_progress_handler(lambda: next(steps, None) is None, 1000)
        return self._database.execute(statement).fetchmany(1000)


def same_value(said: Row, right: Row) -> bool:
    """The sums have the same value, and the model did not work it out by itself."""
    written = read_expression(said["expression"])
    return not re.fullmatch(r"\(?-?[\d.]+\)?", written) and math.isclose(
        _value(said["expression"]), _value(right["expression"]), rel_tol=1e-9
    )


def same_dates(said: Row, right: Row) -> bool:
    return said["operation"] == right["operation"] and _days(said) == _days(right)


def same_path(said: Row, right: Row) -> bool:
    paths = [_steps(row.get("path", row.get("folder", ""))) for row in (said, right)]
    return paths[0] == paths[1] and said.get("offset", 0) == right.get("offset", 0)


def same_page(said: Row, right: Row) -> bool:
    places = [_address(row["url"]) for row in (said, right)]
    return places[0] == places[1] and said["offset"] == right["offset"]


def same_words(said: str, right: str, question: str) -> bool:
    """All words of the right query stand in it, and at most half of its words in neither query nor question.

    Words are compared as `ondol.answer.terms` makes them: English stems, pairs of Korean syllables.
    """
    given, wanted = terms(nfc(said)), terms(nfc(right))
    strange = given - wanted - terms(nfc(question))
    return wanted <= given and 2 * len(strange) <= len(given)


def same_rows(said: Sequence[tuple[Any, ...]], right: Sequence[tuple[Any, ...]]) -> bool:
    """Some columns of `said` hold the rows of `right`, in any order; numbers by value."""
    if len(said) != len(right) or not said or len(said[0]) > MOST_COLUMNS:
        return False
    wanted = sorted(tuple(map(_cell, row)) for row in right)
    choices = permutations(range(len(said[0])), len(right[0]))
    return any(sorted(tuple(_cell(row[place]) for place in chosen) for row in said) == wanted for chosen in choices)


def _value(expression: str) -> float:
    return float(re.split(r" [=≈] ", calculate(expression))[-1])


def _days(row: Row) -> Any:
    """The days that a call is about; of `add`, the day that it leads to."""
    if row["operation"] == "today":
        return None
    first = read_day(row["date"], TODAY)
    if row["operation"] == "weekday":
        return first
    if row["operation"] != "add":
        return sorted([first, read_day(row["other"], TODAY)])
    unit = next((name for name, words in UNITS.items() if row["unit"].strip().lower() in words), "")
    match unit:
        case "month" | "year":
            return add_months(first, row["amount"] * (12 if unit == "year" else 1))
        case "workday":
            return add_workdays(first, max(-1000, min(1000, row["amount"])), ())
        case "day" | "week":
            return date.fromordinal(first.toordinal() + row["amount"] * (7 if unit == "week" else 1))
    raise ValueError(unit)


def _steps(path: str) -> list[str]:
    """As the tools read a path; the name of the only folder may be left out."""
    steps = [step for step in nfc(path).strip().strip("\"'`").replace("\\", "/").split("/") if step not in ("", ".")]
    return steps[1:] if steps[:1] == [FOLDER] else steps


def _address(url: str) -> str:
    return parse_address(url if "://" in url else f"https://{url}").text.rstrip("/")


def _cell(value: Any) -> str:
    return f"{float(value):.6g}" if isinstance(value, int | float) else str(value)


def _plain(text: str) -> str:
    return nfc(text).strip().casefold()
