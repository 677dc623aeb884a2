"""Questions to a database: a model writes a SELECT, and learns what to change when it is not right."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.documents import Document
from langchain_core.tools import BaseTool
from pydantic import Field
from sqlalchemy import URL, Connection
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from ondol.agents.tools.passages import AgentRun, number_passages, one_line, write_passages
from ondol.agents.tools.statement import check_statement
from ondol.agents.tools.tables import Table, describe, find_tables
from ondol.agents.tools.tool import Effect, ToolArgs, make_tool
from ondol.errors import BackendError, NotFound, UnusableInput, UsageError
from ondol.ingest.sql_database import Clock, Database, open_database
from ondol.ingest.sql_row import write_value
from ondol.lang import nfc
from ondol.registry import nearest

LARGEST_VALUE = 1 << 19
"""Bytes that SQLite builds in memory; some of its functions take the square of it in time, and no clock ends them."""
LONGEST_PATTERN = 500
SHOWN = 30
HERE = (None, "", "localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlLimits:
    max_rows: int = 50
    max_cell_chars: int = 200
    max_chars: int = 3000
    """Of the whole result."""
    timeout_s: float = 10.0

    def __post_init__(self) -> None:
        if min(self.max_rows, self.max_cell_chars, self.max_chars, self.timeout_s) <= 0:
            raise UsageError("A limit for database rows is too small.", hint="Rows and time must be larger than 0.")


class QueryArgs(ToolArgs):
    query: str = Field(description="One SELECT statement. Look at the tables with list_tables first.")


class TablesArgs(ToolArgs):
    table: str = Field("", description="Name of one table; leave it out to see all.")


def make_query_database(database: str | Path, *, limits: SqlLimits | None = None, about: str = "") -> BaseTool:
    """A tool that runs one SELECT; its artifact is a document with the rows.

    Args:
        database: path of a SQLite file, or an address as SQLAlchemy writes it, with an account that may only read.
        about: what the database holds, for the model.

    Raises:
        UsageError, UnusableInput, MissingExtra: as `open_database`.
    """
    reader = _Reader(database, limits or SqlLimits())
    told = f"Ask a {reader.dialect} database with one SELECT statement; it cannot be changed. {about}".strip()
    return make_tool(
        reader.query, name="query_database", description=told, args=QueryArgs, effect=reader.effect, untrusted=True,
        artifact=True,
    )  # fmt: skip


def make_list_tables(database: str | Path, *, limits: SqlLimits | None = None, about: str = "") -> BaseTool:
    """A tool that tells the tables of a database, their columns, and a few values of each; raises as the other one."""
    reader = _Reader(database, limits or SqlLimits())
    told = f"Show the tables of the database, with their columns and example values. {about}".strip()
    return make_tool(
        reader.tables, name="list_tables", description=told, args=TablesArgs, effect=reader.effect, untrusted=True
    )


class _Reader:
    def __init__(self, database: str | Path, limits: SqlLimits) -> None:
        text = str(database)
        url = text if "://" in text else URL.create("sqlite", database=text).render_as_string()
        self._database: Database = open_database(url)
        self._limits = limits
        self.dialect = self._database.dialect
        self.effect: Effect = "read" if make_url(url).host in HERE else "network"

    def query(self, query: str, runtime: AgentRun = None) -> tuple[str, list[Document]]:
        statement = check_statement(query, dialect=self.dialect)
        with self._connection() as connection:
            names, rows = self._rows(connection, statement)
        text = self._written(names, rows)
        metadata = {"source": self._database.shown.removeprefix("sqlite:///"), "query": statement}
        hits = number_passages([Document(page_content=text, metadata=metadata)], runtime)
        return write_passages(hits, max_chars=self._limits.max_chars + 500), hits

    def tables(self, table: str) -> str:
        with self._connection() as connection:
            found = find_tables(connection)
            if table:
                found = [_choose(found, table)]
            headings = [row.heading() for row in found]
            blocks: list[str] = []
            for row, heading in zip(found, headings, strict=True):
                has_room = sum(map(len, blocks)) < self._limits.max_chars
                blocks.append(describe(connection, row) if has_room else heading)
        text = "\n".join(blocks) or "The database has no tables."
        return text if len(text) <= 2 * self._limits.max_chars else self._names_only(found)

    def _names_only(self, tables: list[Table]) -> str:
        names = one_line(", ".join(row.name for row in tables), self._limits.max_chars)
        return f"Tables: {names}\nCall this tool again with one of them as `table`."

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """Everything inside counts against the time; what the database says is told as an error of the statement."""
        clock = Clock(self._limits.timeout_s)
        is_connected = False
        try:
            with clock, self._database.connect(clock) as connection:
                is_connected = True
                if self.dialect == "sqlite":
                    _bound(connection.connection.driver_connection)
                yield connection
        except (SQLAlchemyError, sqlite3.Warning) as error:
            if clock.is_over():
                raise UnusableInput(
                    "The statement took longer than {seconds:g} seconds.",
                    hint="Ask for less: add WHERE or LIMIT, and join on columns that are the same.",
                    seconds=self._limits.timeout_s,
                ) from error
            reason = " ".join(str(getattr(error, "orig", None) or error).split("\n")[0].split())
            if not is_connected:
                raise BackendError("The database cannot be reached: {reason}", reason=reason) from error
            raise UnusableInput(
                "The database refuses the statement: {reason}", hint=self._hint(reason), reason=reason
            ) from error

    def _hint(self, reason: str) -> str:
        if not any(word in reason.lower() for word in ("table", "column", "relation")):
            return "Change the statement and try again."
        with self._connection() as connection:
            known = "; ".join(table.heading() for table in find_tables(connection)[:SHOWN])
        return "There are: " + one_line(known, 1500).replace("{", "{{").replace("}", "}}")

    def _rows(self, connection: Connection, statement: str) -> tuple[list[str], list[list[str]]]:
        options = {"no_parameters": True, "stream_results": True}
        found = connection.exec_driver_sql(statement, execution_options=options)
        names = [one_line(nfc(str(name)), 60) for name in found.keys()]  # noqa: SIM118 - a result, not a dict
        most = self._limits.max_rows
        rows: list[list[str]] = []  # one by one: each may be large, what is kept of it is small
        while len(rows) <= most and (row := found.fetchone()) is not None:
            rows.append([self._cell(value) for value in row])
        return names, rows

    def _cell(self, value: Any) -> str:
        if value is None:
            return "NULL"
        if isinstance(value, bytes | bytearray | memoryview):
            return f"({len(value)} bytes)"
        most = self._limits.max_cell_chars
        value = value[: 4 * most] if isinstance(value, str) else value
        return one_line(write_value(value), most).replace("|", "¦")

    def _written(self, names: list[str], rows: list[list[str]]) -> str:
        """A line for the columns, one for each row, and a last one that tells how many there are."""
        lines = [" | ".join(names)]
        for row in rows[: self._limits.max_rows]:
            lines.append(" | ".join(row))
            if sum(map(len, lines)) > self._limits.max_chars:
                lines.pop()
                break
        shown = len(lines) - 1
        if not rows:
            return f"{lines[0]}\n(0 rows: nothing fits.)"
        if shown < len(rows):
            told = f"Only the first {shown} rows are shown; there are more. Use COUNT, WHERE or fewer columns."
        else:
            told = f"{shown} row{'' if shown == 1 else 's'}."
        return "\n".join([*lines, f"({told})"])


def _choose(tables: list[Table], name: str) -> Table:
    wanted = nfc(name.strip().strip('"`[]')).lower()
    for table in tables:
        if nfc(table.name).lower() == wanted:
            return table
    known = [table.name for table in tables]
    raise NotFound(
        "There is no table '{name}'.", hint="Did you mean '{close}'? There are: {known}.", name=name[:60],
        close=nearest(name, known) or (known[0] if known else ""), known=one_line(", ".join(known), 1500),
    )  # fmt: skip


def _bound(raw: sqlite3.Connection | Any) -> None:
    """No value that fills the memory, and no pattern that takes for ever."""
    raw.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_VALUE)
    raw.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, LONGEST_PATTERN)
    raw.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
