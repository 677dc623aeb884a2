"""Records: every line, item or row of a file is a source with an id of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from ondol.errors import MissingExtra, OndolError, UnusableInput
from ondol.ingest.parsed import Parsed, canonical
from ondol.ingest.record_files import RECORD_FILES
from ondol.ingest.record_files.row import Row, Unreadable
from ondol.lang import nfc, translate
from ondol.library.dates import iso_day
from ondol.library.tags import split_tags
from ondol.registry import resolve

LINES = {".jsonl", ".ndjson"}
TABLES = {".csv", ".tsv", ".parquet"}
"""Files whose rows all have the same columns."""
BAD_LINE = ("Line {number}: {reason}", "Line {number}: the id '{id}' stands in an earlier line already.")
BAD_ROW = ("Row {number}: {reason}", "Row {number}: the id '{id}' stands in an earlier row already.")
SHOWN = 12
"""Names of columns told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKeys:
    """Which keys of a record hold what."""

    id: str = "id"
    text: str = "text"
    title: str = "title"
    """May be missing from a record, like those below."""
    date: str = "date"
    """`2024-05-17`, `2024. 5. 17.`, `2024-05` and the like."""
    tags: str = "tags"
    """A list, or a text with commas."""


@dataclass(frozen=True, slots=True)
class Record:
    id: str
    line: bytes
    """What stands for the record's content, so that a change is seen."""
    parsed: Parsed


def read_records(path: Path, keys: RecordKeys) -> Iterator[Record | str]:
    """Every record of a file in one of `RECORD_FILES`; in the place of one that cannot be used, the reason.

    Memory does not grow with the file, except for the ids.
    """
    seen: set[str] = set()
    suffix = path.suffix.lower()
    wanted = {nfc(key) for key in (keys.id, keys.text, keys.title, keys.date, keys.tags)}
    try:
        reader = resolve("ondol.ingest.record_files", RECORD_FILES, suffix, what="format")
        for row in reader(path, wanted):
            if isinstance(row, Unreadable):
                yield row.reason
            elif suffix in TABLES and not seen and (missing := _missing(row.values, keys)):
                yield missing  # of every row, so it is told once
                return
            else:
                yield _read(row, keys, seen, BAD_LINE if suffix in LINES else BAD_ROW)
    except OSError as error:
        yield translate("The file cannot be read: {reason}", reason=error.strerror or error)
    except OndolError as error:
        yield f"{error.message} {error.hint}" if isinstance(error, MissingExtra) else error.message


def _read(row: Row, keys: RecordKeys, seen: set[str], messages: tuple[str, str]) -> Record | str:
    unusable, double = messages
    try:
        record = _record(row, keys)
    except UnusableInput as error:
        return translate(unusable, number=row.number, reason=error.message)
    if record.id in seen:
        return translate(double, number=row.number, id=record.id)
    seen.add(record.id)
    return record


def _missing(values: object, keys: RecordKeys) -> str:
    """That a table lacks the id or the text, with the columns that it has; empty when it has both."""
    names = list(values) if isinstance(values, dict) else []
    for key in (keys.id, keys.text):
        if nfc(key) not in names:
            return translate("There is no column '{key}'; there are: {known}.", key=key, known=", ".join(names[:SHOWN]))
    return ""


def _record(row: Row, keys: RecordKeys) -> Record:
    if not isinstance(row.values, dict):
        raise UnusableInput("this is not an object.")
    values = {nfc(key): value for key, value in row.values.items()}
    for key in (keys.id, keys.text):
        if values.get(nfc(key)) is None:
            raise _lacks(key, values, keys)
    name, text = id_text(values[nfc(keys.id)]), values[nfc(keys.text)]
    if name is None or not isinstance(text, str):
        raise UnusableInput("id or text is not a text.")
    parsed = make_parsed(text, title=values.get(nfc(keys.title)), day=values.get(nfc(keys.date)))
    return Record(name, row.data, replace(parsed, tags=_tags(values.get(nfc(keys.tags)))))


def _lacks(key: str, values: dict[str, object], keys: RecordKeys) -> UnusableInput:
    known = [name for name in values if name not in (keys.id, keys.text, keys.title, keys.date, keys.tags)]
    if not known:
        return UnusableInput("the key '{key}' is missing.", key=key)
    return UnusableInput("the key '{key}' is missing; there are: {known}.", key=key, known=", ".join(known[:SHOWN]))


def id_text(value: object) -> str | None:
    """An id as text: of a text or a number without fraction, or a UUID; None for anything that is no id.

    Raises:
        UnusableInput: it is empty.
    """
    if isinstance(value, float | Decimal) and value == value // 1:
        value = int(value)
    if not isinstance(value, str | int | UUID):
        return None
    if not str(value).strip():
        raise UnusableInput("id or text is empty.")
    return nfc(str(value))


def make_parsed(text: str, *, title: object, day: object) -> Parsed:
    """The text of a record as it is.

    Raises:
        UnusableInput: it is empty.
    """
    text = canonical(text)
    if not text.strip():
        raise UnusableInput("id or text is empty.")
    iso, unread = _date(day)
    name = "" if title is None else " ".join(canonical(str(title)).split())
    return Parsed(text=text, title=name, format="record", date=iso, unread=unread)


def _date(given: object) -> tuple[str, str]:
    """The day, and what to tell when it cannot be read: the record is worth having without it."""
    if given is None or given == "":
        return "", ""
    day = iso_day(given)
    return day, "" if day else translate("The date '{date}' cannot be read.", date=nfc(str(given)))


def _tags(given: object) -> tuple[str, ...]:
    values = given if isinstance(given, list) else [given]
    return split_tags(str(value) for value in values if isinstance(value, str | int | float))
