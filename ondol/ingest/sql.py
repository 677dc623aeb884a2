"""Rows of a database as documents: one SELECT, read only, in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from ondol.errors import BackendError, UnusableInput, UsageError
from ondol.ingest.records import Record, id_text, make_parsed
from ondol.ingest.sql_database import Clock, Database, open_database
from ondol.ingest.sql_query import check_query
from ondol.ingest.sql_row import find_date, write_value
from ondol.lang import nfc, translate
from ondol.library.tags import split_tags

BATCH = 500
"""Rows that the database hands over at once."""
SHOWN = 20
"""Names of columns told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlColumns:
    """What the columns of a query hold; empty names are found or left out."""

    id: str = ""
    """Else the first column."""
    text: Sequence[str] = ()
    """One is the text itself, several become `column: value` lines; else all columns do."""
    title: str = ""
    date: str = ""
    """Else the first column that holds dates, by its type or its name."""
    tags: str = ""


def read_sql(
    url: str,
    query: str,
    *,
    columns: SqlColumns | None = None,
    max_rows: int = 100_000,
    timeout_s: float = 300.0,
) -> Iterator[Record | str]:
    """The rows of a query; in the place of one that cannot be used, the reason.

    The id of a record is `table/id`, where the table is the first one that the query names.

    Args:
        url: `sqlite:///folder/file.db` or what else SQLAlchemy opens (`postgresql+psycopg://…`).
        query: a single SELECT.
        timeout_s: what the database may take for all rows; what the caller does with them does not count.

    Raises:
        UsageError: the address, the query or a column cannot be right. The first two before any row is asked for.
        MissingExtra: the database's driver is not installed.
        UnusableInput: the database refuses the query, or it takes too long.
        BackendError: the database cannot be reached.
    """
    database = open_database(url)
    table = check_query(query, dialect=database.dialect)
    if max_rows < 1 or timeout_s <= 0:
        raise UsageError("A limit for database rows is too small.", hint="Rows and time must be larger than 0.")
    return _read(database, query, _Rows(columns or SqlColumns(), table), max_rows, Clock(timeout_s))


def show_sql_url(url: str) -> str:
    """The address without its password, for people and as the source's name.

    Raises:
        UsageError: it is none.
        MissingExtra: the database's driver is not installed.
    """
    return open_database(url).shown


def _read(database: Database, query: str, rows: _Rows, max_rows: int, clock: Clock) -> Iterator[Record | str]:
    is_connected = False
    try:
        with clock:
            opened = ExitStack()
            connection = opened.enter_context(database.connect(clock))
            is_connected = True
        with opened:
            yield from _read_rows(connection, query, rows, max_rows, clock)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).split("\n")[0].strip()
        if clock.is_over():
            raise _too_long(clock) from error
        if not is_connected:
            raise BackendError(
                "The database {url} cannot be reached: {reason}", url=database.shown, reason=reason
            ) from error
        raise UnusableInput("The database refuses the query: {reason}", reason=reason) from error


def _read_rows(connection: Connection, query: str, rows: _Rows, max_rows: int, clock: Clock) -> Iterator[Record | str]:
    options = {"no_parameters": True, "stream_results": True, "yield_per": BATCH}
    with clock:
        found = connection.exec_driver_sql(query, execution_options=options)
    rows.name([nfc(name) for name in found.keys()])  # noqa: SIM118 - a result, not a dict
    for number in range(1, max_rows + 2):
        with clock:
            row = found.fetchone()
        if row is None:
            return
        if clock.is_over():
            raise _too_long(clock)
        if number > max_rows:
            yield translate("The query gives more than {limit} rows; the others were left out.", limit=max_rows)
        else:
            yield rows.read(number, tuple(row))


class _Rows:
    """Makes records out of rows."""

    def __init__(self, columns: SqlColumns, table: str) -> None:
        self._columns, self._table = columns, table
        self._seen: set[str] = set()
        self._names: list[str] = []

    def name(self, names: list[str]) -> None:
        """The query's columns are known.

        Raises:
            UsageError: one that is asked for is not there, or stands twice.
        """
        given = self._columns
        asked = [nfc(name) for name in (given.id, given.title, given.date, given.tags, *given.text) if name]
        for name in asked:
            if names.count(name) != 1:
                several = "The query gives several columns '{column}'."
                message = several if name in names else "The query gives no column '{column}'."
                known = ", ".join(names[:SHOWN])
                raise UsageError(message, hint="It gives: {known}.", column=name, known=known)
        self._names = names

    def read(self, number: int, row: tuple[object, ...]) -> Record | str:
        values = dict(zip(reversed(self._names), reversed(row), strict=True))  # of names that stand twice, the first
        try:
            return self._record(values, row)
        except UnusableInput as error:
            return translate("Row {number}: {reason}", number=number, reason=error.message)

    def _record(self, values: dict[str, object], row: tuple[object, ...]) -> Record:
        given = self._columns
        name = id_text(values[nfc(given.id)] if given.id else row[0])
        if name is None:
            raise UnusableInput("the id is neither a text nor a whole number.")
        if name in self._seen:
            raise UnusableInput("the id '{id}' stands in an earlier row already.", id=name)
        text = self._text(values, row)
        day = values[nfc(given.date)] if given.date else find_date(self._names, row)
        title = values[nfc(given.title)] if given.title else ""
        parsed = make_parsed(text, title=title, day=day)
        tags = split_tags([write_value(values[nfc(given.tags)])]) if given.tags else ()
        self._seen.add(name)
        content = "\0".join([name, text, parsed.title, parsed.date, *tags])
        return Record(f"{self._table}/{name}", content.encode(), replace(parsed, tags=tags))

    def _text(self, values: dict[str, object], row: tuple[object, ...]) -> str:
        wanted = [nfc(name) for name in self._columns.text]
        if len(wanted) == 1:
            return write_value(values[wanted[0]])
        pairs = [(name, values[name]) for name in wanted] or list(zip(self._names, row, strict=True))
        written = ((name, write_value(value)) for name, value in pairs)
        return "\n".join(f"{name}: {text}" for name, text in written if text.strip())


def _too_long(clock: Clock) -> UnusableInput:
    return UnusableInput("The query took longer than {seconds:g} seconds.", seconds=clock.limit_s)
