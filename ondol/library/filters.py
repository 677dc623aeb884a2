"""Which sources a search may look into: by path, title, language, date and tag."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import translate as glob_pattern
from functools import cached_property
from typing import Any

from ondol.errors import NotFound, UsageError
from ondol.lang import nfc
from ondol.library.dates import read_period
from ondol.library.languages import fill_languages
from ondol.library.reading import absolute_path
from ondol.library.tags import COMMA, fold, list_tags
from ondol.registry import nearest

Values = str | Sequence[str]
MAGIC = re.compile(r"[*?\[]")
SHOWN = 12
"""Known names told when one is unknown."""
TESTED = 20000
"""Names that the nearest one is looked for among."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a source must be. One of several values is enough, all fields must hold, `!value` must not fit.

    Case never counts. Values are kept as tuples, dates as `2024-05-17`.
    """

    source: Values = ()
    """A path as it was added, a folder, a document id, or a pattern: `reports/*.pdf`; without `/` a file's name."""
    title: Values = ()
    """A part of the title, or a pattern for the whole of it."""
    language: Values = ()
    """`ko` or `en`."""
    since: str | None = None
    """First day: `2024-05-17`, `2024-05` or `2024`."""
    until: str | None = None
    """Last day, which counts too; `2024` is its end."""
    tags: Values = ()

    def __post_init__(self) -> None:
        for name in ("source", "title", "language", "tags"):
            given: Values = getattr(self, name)
            values = [nfc(value).strip() for value in ([given] if isinstance(given, str) else given)]
            if name in ("language", "tags"):
                values = [part.strip() for value in values for part in COMMA.split(value)]
            if not all(value.removeprefix("!").strip() for value in values):
                raise UsageError("A value of --{name} is empty.", hint="Leave it out.", name=_option(name))
            object.__setattr__(self, name, tuple(values))
        object.__setattr__(self, "since", _day(self.since, last=False))
        object.__setattr__(self, "until", _day(self.until, last=True))
        if self.since and self.until and self.since > self.until:
            raise UsageError(
                "--since {since} is after --until {until}.", hint="Exchange them.", since=self.since, until=self.until
            )

    def __bool__(self) -> bool:
        """Whether anything is asked for at all."""
        return any(getattr(self, name) for name in ("source", "title", "language", "since", "until", "tags"))


def filter_sources(db: sqlite3.Connection, wanted: Filter) -> list[str]:
    """Document ids of the sources that fit, by path; none when there are no sources at all.

    Raises:
        NotFound: nothing fits; the value to blame and the nearest known one are told. A value is also told when
            others of its field fit: it is a mistake then, while a `!value` may fit nothing.
    """
    fill_languages(db)
    if not db.execute("SELECT 1 FROM sources LIMIT 1").fetchone():
        return []
    sources = _Sources(db)
    chosen = sources.dated(wanted)
    for name in ("language", "tags", "source", "title"):
        values: tuple[str, ...] = getattr(wanted, name)
        fitting = [sources.fit(name, value) for value in values if not value.startswith("!")]
        if fitting:
            found = set().union(*fitting)
            chosen = found if chosen is None else chosen & found
        for value in values:
            if value.startswith("!"):
                chosen = (sources.every() if chosen is None else chosen) - sources.matching(name, value[1:].strip())
    if chosen is None:
        return [row[0] for row in db.execute("SELECT document_id FROM sources ORDER BY source")]
    if not chosen:
        raise NotFound("No source fits all of the filters together.", hint="Leave one of them out.")
    query = "SELECT document_id FROM sources WHERE id IN (SELECT value FROM json_each(?)) ORDER BY source"
    return [row[0] for row in db.execute(query, [json.dumps(list(chosen))])]


class _Sources:
    """The sources of a library, asked for one value at a time; sets hold row ids."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    @cached_property
    def rows(self) -> list[sqlite3.Row]:
        """Read only where a path or a title is asked for: 20,000 take 50 ms with their comparison."""
        return self._db.execute("SELECT id, document_id, source, place, title FROM sources").fetchall()

    def every(self) -> set[int]:
        return self._ids("SELECT id FROM sources", [])

    def fit(self, name: str, value: str) -> set[int]:
        """Sources with this value.

        Raises:
            NotFound: there are none.
        """
        found = self.matching(name, value)
        if not found:
            raise getattr(self, f"_no_{name}")(value)
        return found

    def matching(self, name: str, value: str) -> set[int]:
        if name == "tags":
            return self._ids("SELECT source_id FROM tags WHERE folded = ?", [fold(value.lstrip("# "))])
        if name == "language":
            return self._ids("SELECT id FROM sources WHERE language = ?", [value.lower()])
        if name == "title":
            fits = title_test(value)
            return {row["id"] for row in self.rows if fits(row["title"])}
        fits, at_place = path_test(value), path_test(absolute_path(value))
        return {
            row["id"]
            for row in self.rows
            if fits(row["source"]) or fits(row["document_id"]) or (row["place"] and at_place(row["place"]))
        }

    def dated(self, wanted: Filter) -> set[int] | None:
        """Sources of the time that is asked for, None when none is; raises as `fit`."""
        if not (wanted.since or wanted.until):
            return None
        first, last = wanted.since or "0001-01-01", wanted.until or "9999-12-31"
        found = self._ids("SELECT id FROM sources WHERE date BETWEEN ? AND ?", [first, last])
        if not found:
            message = (
                "No source is dated {since} to {until}." if wanted.since and wanted.until
                else "No source is dated {since} or later." if wanted.since
                else "No source is dated {until} or earlier."
            )  # fmt: skip
            oldest, newest = self._db.execute("SELECT min(date), max(date) FROM sources").fetchone()
            raise NotFound(
                message, hint="The dates here go from {oldest} to {newest}.", since=wanted.since, until=wanted.until,
                oldest=oldest, newest=newest,
            )  # fmt: skip
        return found

    def _ids(self, query: str, values: Sequence[Any]) -> set[int]:
        return {row[0] for row in self._db.execute(query, values)}

    def _no_tags(self, value: str) -> NotFound:
        known = list(list_tags(self._db))
        by_fold = {fold(tag): tag for tag in known}
        close = by_fold.get(nearest(fold(value), list(by_fold)), "")
        hint = "Did you mean '{close}'? Known tags: {known}." if close else "Known tags: {known}."
        hint = hint if known else "No source has a tag yet. Give one with: ondol add PATH --tag NAME"
        return NotFound("No source has the tag '{tag}'.", hint=hint, tag=value, close=close, known=_shown(known))

    def _no_language(self, value: str) -> NotFound:
        known = [row[0] for row in self._db.execute("SELECT DISTINCT language FROM sources ORDER BY language")]
        message = "No source is in the language '{value}'."
        return NotFound(message, hint="Languages here: {known}.", value=value, known=_shown(known))

    def _no_source(self, value: str) -> NotFound:
        return self._none_close("No source has a path that fits '{value}'.", value, ("source", "document_id"))

    def _no_title(self, value: str) -> NotFound:
        return self._none_close("No source has a title that fits '{value}'.", value, ("title",))

    def _none_close(self, message: str, value: str, fields: tuple[str, ...]) -> NotFound:
        rows = self.rows[:TESTED]
        known = {fold(part): part for row in rows for field in fields for part in _with_last(row[field], field)}
        close = known.get(nearest(fold(value), list(known)), "")
        hint = "Did you mean '{close}'? All of them: ondol list --sources" if close else "See: ondol list --sources"
        return NotFound(message, hint=hint, value=value, close=close)


def path_test(value: str) -> Callable[[str], bool]:
    """Whether a path is this one, lies below it, or fits the pattern; one without `/` is about the last part."""
    wanted = fold(value).removeprefix("./")
    below = tuple(f"{wanted.rstrip('/')}{mark}" for mark in "/#")  # `#`: records of a JSONL file
    pattern = re.compile(glob_pattern(wanted)).match if MAGIC.search(wanted) else None

    def test(path: str) -> bool:
        path = fold(path).removeprefix("./")
        last = path if "/" in wanted else path.rpartition("/")[2]
        if wanted in (path, last) or path.startswith(below) or last.startswith(below):
            return True
        return bool(pattern and (pattern(path) or pattern(last)))

    return test


def title_test(value: str) -> Callable[[str], bool]:
    wanted = fold(value)
    pattern = re.compile(glob_pattern(wanted)).match if MAGIC.search(wanted) else None
    return lambda title: wanted in fold(title) or bool(pattern and pattern(fold(title)))


def _day(given: str | None, *, last: bool) -> str | None:
    """The first or last day of what was written, ISO.

    Raises:
        UsageError: it is no date.
    """
    if given is None:
        return None
    period = read_period(given)
    if period is None:
        raise UsageError(
            "'{given}' is no date.", hint="Dates are written 2024-05-17, 2024-05 or 2024.", given=nfc(str(given))
        )
    return period[last].isoformat()


def _option(name: str) -> str:
    return {"tags": "tag"}.get(name, name)


def _with_last(text: str, field: str) -> Iterator[str]:
    yield text
    if field == "source":
        yield text.rpartition("/")[2]


def _shown(known: Iterable[str]) -> str:
    names = list(known)
    return ", ".join([*names[:SHOWN], *(["…"] if len(names) > SHOWN else [])])
