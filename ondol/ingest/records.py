"""JSONL records: every line is a source with an id of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ondol.errors import UnusableInput
from ondol.ingest.parsed import Parsed, canonical
from ondol.lang import nfc, translate
from ondol.library.dates import iso_day
from ondol.library.tags import split_tags


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
    parsed: Parsed


def read_records(path: Path, keys: RecordKeys) -> Iterator[Record | str]:
    """Every record of a JSONL file, line by line; in the place of one that cannot be used, the reason."""
    seen: set[str] = set()
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _read(line.removeprefix(b"\xef\xbb\xbf"), number, keys, seen)
    except OSError as error:
        yield translate("The file cannot be read: {reason}", reason=error.strerror or error)


def _read(line: bytes, number: int, keys: RecordKeys, seen: set[str]) -> Record | str:
    try:
        row = json.loads(line.decode("utf-8"))
    except ValueError as error:
        return translate("Line {number} is not JSON: {reason}", number=number, reason=error)
    try:
        record = _record(row, line, keys)
    except UnusableInput as error:
        return translate("Line {number}: {reason}", number=number, reason=error.message)
    if record.id in seen:
        return translate("Line {number}: the id '{id}' stands in an earlier line already.", number=number, id=record.id)
    seen.add(record.id)
    return record


def _record(row: object, line: bytes, keys: RecordKeys) -> Record:
    if not isinstance(row, dict):
        raise UnusableInput("this is not an object.")
    missing = [key for key in (keys.id, keys.text) if row.get(key) is None]
    if missing:
        raise UnusableInput("the key '{key}' is missing.", key=missing[0])
    name, text, title = row[keys.id], row[keys.text], row.get(keys.title) or ""
    if not isinstance(name, str | int) or not isinstance(text, str):
        raise UnusableInput("id or text is not a text.")
    text = canonical(text)
    if not text.strip() or not str(name).strip():
        raise UnusableInput("id or text is empty.")
    day, unread = _date(row.get(keys.date))
    parsed = Parsed(
        text=text, title=" ".join(canonical(str(title)).split()), format="record", date=day, unread=unread,
        tags=_tags(row.get(keys.tags)),
    )  # fmt: skip
    return Record(nfc(str(name)), line.strip(), parsed)


def _date(given: object) -> tuple[str, str]:
    """The day, and what to tell when it cannot be read: the record is worth having without it."""
    if given is None or given == "":
        return "", ""
    day = iso_day(given)
    return day, "" if day else translate("The date '{date}' cannot be read.", date=nfc(str(given)))


def _tags(given: object) -> tuple[str, ...]:
    values = given if isinstance(given, list) else [given]
    return split_tags(str(value) for value in values if isinstance(value, str | int | float))
