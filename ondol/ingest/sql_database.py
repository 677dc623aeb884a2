"""Databases that are only read from."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from sqlalchemy import URL, Connection, Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from ondol.errors import MissingExtra, UnusableInput, UsageError
from ondol.lang import nfc

READING = {
    sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE,
}  # fmt: skip
DECLARING = {
    (sqlite3.SQLITE_UPDATE, "sqlite_master"), (sqlite3.SQLITE_PRAGMA, "data_version"),
    (sqlite3.SQLITE_PRAGMA, "page_size"), (sqlite3.SQLITE_PRAGMA, "table_info"),
}  # fmt: skip
"""What SQLite asks itself for when it declares a full-text table to this connection; the file stays as it is."""
STEPS = 10_000
"""Of SQLite's machine between two looks at the clock: below a millisecond."""
EXAMPLE = "sqlite:///folder/file.db"


class Clock:
    """Time that the database takes; what is done with its rows does not count."""

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self._left_s = limit_s
        self._since = 0.0

    def __enter__(self) -> None:
        self._since = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._left_s -= time.monotonic() - self._since
        self._since = 0.0

    def is_over(self) -> bool:
        running = time.monotonic() - self._since if self._since else 0.0
        return running >= self._left_s


@dataclass(frozen=True, slots=True)
class Database:
    shown: str
    """Its address without password, readable."""
    dialect: str
    _engine: Engine

    @contextmanager
    def connect(self, clock: Clock) -> Iterator[Connection]:
        """A connection that refuses to write and ends a query in time, as far as the database can."""
        engine = self._engine.execution_options(**_options(self.dialect))
        with engine.connect() as connection:
            _limit(connection, self.dialect, clock)
            yield connection


def open_database(url: str) -> Database:
    """Look at the address; nothing is connected to yet.

    Raises:
        UsageError: it is no address of a database that SQLAlchemy knows.
        UnusableInput: there is no such SQLite file.
        MissingExtra: the database's driver is not installed.
    """
    try:
        place = make_url(url)
        # options may hold passwords too
        shown = nfc(unquote(place.set(query={}).render_as_string(hide_password=True)))
        if place.get_backend_name() == "sqlite":
            return Database(shown, "sqlite", _sqlite(place))
        engine = create_engine(place, poolclass=NullPool)
    except NoSuchModuleError as error:
        raise UsageError(
            "No kind of database is called '{name}'.", hint="For example {example}.", name=place.drivername,
            example=EXAMPLE,
        ) from error  # fmt: skip
    except (ArgumentError, ValueError) as error:
        raise UsageError("This is no address of a database.", hint="For example {example}.", example=EXAMPLE) from error
    except ModuleNotFoundError as error:
        raise MissingExtra(
            "The database '{name}' needs the package '{missing}', which is not installed.",
            hint="Install it with: pip install {missing}", name=place.drivername, missing=error.name,
        ) from error  # fmt: skip
    if engine.dialect.is_async:
        raise UsageError("The driver of '{name}' is asynchronous; name another one.", name=place.drivername)
    return Database(shown, place.get_backend_name(), engine)


def _sqlite(place: URL) -> Engine:
    if place.drivername not in ("sqlite", "sqlite+pysqlite") or place.query or not place.database:
        raise UsageError("This is no address of a database.", hint="For example {example}.", example=EXAMPLE)
    path = Path(place.database).expanduser()
    if not path.is_file():
        raise UnusableInput("There is no SQLite file {path}.", path=nfc(str(path)))
    address = f"file:{quote(str(path.absolute()))}?mode=ro"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, timeout=5.0, check_same_thread=False)

    return create_engine("sqlite://", creator=connect, poolclass=NullPool)


def _options(dialect: str) -> dict[str, Any]:
    if dialect == "postgresql":
        return {"postgresql_readonly": True}
    return {}


def _limit(connection: Connection, dialect: str, clock: Clock) -> None:
    milliseconds = max(1, int(clock.limit_s * 1000))
    if dialect == "sqlite":
        _limit_sqlite(connection.connection.driver_connection, clock)
    elif dialect == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {milliseconds}")
    elif dialect == "mysql":
        connection.exec_driver_sql(f"SET SESSION max_execution_time = {milliseconds}")
        connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
        connection.commit()  # what is set counts from the next transaction on
    elif dialect == "mariadb":
        connection.exec_driver_sql(f"SET SESSION max_statement_time = {clock.limit_s:.3f}")
        connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
        connection.commit()
    elif dialect == "oracle":
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


def _limit_sqlite(raw: Any, clock: Clock) -> None:
    """The file is open for reading only; beside that nothing but reading is compiled, and nothing attached."""

    def allow(action: int, first: str | None, second: str | None, *_: str | None) -> int:
        name = (second if action == sqlite3.SQLITE_FUNCTION else first) or ""
        fine = action in READING or (action, name.lower()) in DECLARING
        return sqlite3.SQLITE_OK if fine and name.lower() != "load_extension" else sqlite3.SQLITE_DENY

    raw.set_authorizer(allow)
    raw.set_progress_handler(clock.is_over, STEPS)
