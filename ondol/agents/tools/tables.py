"""What tables a database has, with their columns and a few values, so that a model can write its SELECT."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, inspect, literal_column, select
from sqlalchemy import table as named
from sqlalchemy.exc import SQLAlchemyError

from ondol.agents.tools.passages import one_line
from ondol.ingest.sql_row import write_value
from ondol.lang import nfc

EXAMPLES = 3
EXAMPLE_CHARS = 30
MOST_TABLES = 200
SHADOWS = (
    "_data",
    "_idx",
    "_content",
    "_docsize",
    "_config",
    "_segments",
    "_segdir",
    "_stat",
    "_node",
    "_parent",
    "_rowid",
)
"""Tables that SQLite keeps behind a virtual one."""


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    columns: list[tuple[str, str]]
    """Names and types."""

    def heading(self) -> str:
        columns = ", ".join(f"{name} {kind}".strip() for name, kind in self.columns)
        return f"{self.name} ({columns})"


def find_tables(connection: Connection) -> list[Table]:
    """Tables and views, `MOST_TABLES` at most; one that cannot be described has no columns."""
    is_sqlite = connection.dialect.name == "sqlite"
    names = _names_in_sqlite(connection) if is_sqlite else list(_names_on_server(connection))
    columns = _columns_in_sqlite if is_sqlite else _columns_on_server
    found = []
    for name in names[:MOST_TABLES]:
        try:
            rows = columns(connection, name)
        except SQLAlchemyError:
            rows = []
        found.append(Table(name, rows))
    return found


def describe(connection: Connection, table: Table) -> str:
    """The columns below each other, each with up to three of its values."""
    values = _examples(connection, table)
    lines = [f"{table.name}:"]
    for number, (name, kind) in enumerate(table.columns):
        shown = ", ".join(dict.fromkeys(row[number] for row in values if number < len(row) and row[number]))
        lines.append(f"  {name} {kind}".rstrip() + (f", for example {shown}" if shown else ""))
    return "\n".join(lines)


def _names_in_sqlite(connection: Connection) -> list[str]:
    rows = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    ).fetchall()
    virtual = {str(name) for name, sql in rows if str(sql).upper().startswith("CREATE VIRTUAL")}
    hidden = {name + end for name in virtual for end in SHADOWS}
    return [str(name) for name, _ in rows if name not in hidden]


def _names_on_server(connection: Connection) -> Iterator[str]:
    inspector = inspect(connection)
    yield from inspector.get_table_names()
    yield from inspector.get_view_names()


def _columns_in_sqlite(connection: Connection, name: str) -> list[tuple[str, str]]:
    quoted = name.replace('"', '""')
    rows = connection.exec_driver_sql(f'PRAGMA table_info("{quoted}")').fetchall()
    return [(nfc(str(row[1])), f"{row[2]}{' key' if row[5] else ''}") for row in rows]


def _columns_on_server(connection: Connection, name: str) -> list[tuple[str, str]]:
    return [(nfc(str(row["name"])), str(row["type"])) for row in inspect(connection).get_columns(name)]


def _examples(connection: Connection, table: Table) -> list[list[str]]:
    try:
        rows = connection.execute(select(literal_column("*")).select_from(named(table.name)).limit(EXAMPLES))
        return [[one_line(write_value(value)[:500], EXAMPLE_CHARS) for value in row] for row in rows]
    except SQLAlchemyError:
        return []
