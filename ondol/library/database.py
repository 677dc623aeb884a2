"""SQLite as the library uses it: one file in WAL mode, migrated on opening, written in short transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ondol.errors import BackendError, Damaged, OndolError
from ondol.library.schema import MIGRATIONS
from ondol.wal import read_form, use_wal

WAIT_S = 60
"""How long a writer waits for another process; a batch of ours is written in well under a second."""


def open_database(path: Path) -> sqlite3.Connection:
    """Open or make the database `path` in today's form.

    Raises:
        BackendError: a newer ondol has written it, or it cannot be opened.
        Damaged: the file is not a database.
    """
    try:
        # Threads share the connection (LangChain runs async calls in a pool); SQLite is built to serialise them.
        connection = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
        try:
            connection.row_factory = sqlite3.Row
            use_wal(connection)
            connection.execute("PRAGMA foreign_keys = ON")
            _migrate(connection, path)
        except BaseException:
            connection.close()
            raise
    except sqlite3.OperationalError as error:
        raise BackendError(
            "{path} cannot be opened: {reason}.",
            hint="See whether the disk is full and you may write there, or name another folder with --home.",
            path=path,
            reason=error,
        ) from error
    except sqlite3.DatabaseError as error:
        raise not_a_library(path, error) from error
    return connection


def explain(error: sqlite3.DatabaseError, connection: sqlite3.Connection, path: Path) -> OndolError | None:
    """What an error of SQLite in the middle of the work means for people; None when it is a mistake of ours."""
    if isinstance(error, sqlite3.OperationalError):
        return BackendError(
            "The library cannot be written: {reason}.", hint="Check the disk with: ondol doctor", reason=error
        )
    if type(error) is not sqlite3.DatabaseError:
        return None
    if is_sound(connection):
        return Damaged(
            "The vectors are damaged: {reason}.", hint="Make them again with: ondol verify --repair", reason=error
        )
    return not_a_library(path, error)


def is_sound(connection: sqlite3.Connection) -> bool:
    try:
        return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.DatabaseError:
        return False


def not_a_library(path: Path, reason: object) -> Damaged:
    return Damaged(
        "{path} is not a library: {reason}.",
        hint="Move the folder {folder} away and add the documents again.",
        path=path,
        reason=reason,
        folder=path.parent,
    )


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All or nothing; waits for another writer.

    Raises:
        BackendError: the disk is full, the file is read-only, or another process kept it locked.
    """
    try:
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # an interrupt may come right behind BEGIN or COMMIT
                connection.execute("ROLLBACK")
            raise
    except sqlite3.OperationalError as error:
        raise BackendError(
            "The library cannot be written: {reason}.", hint="Check the disk with: ondol doctor", reason=error
        ) from error


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    if read_form(connection, path, known=len(MIGRATIONS)) == len(MIGRATIONS):
        return
    with transaction(connection):
        found = read_form(connection, path, known=len(MIGRATIONS))  # again: another process may have been faster
        for step in MIGRATIONS[found:]:
            for statement in _statements(step):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _statements(script: str) -> Iterator[str]:
    """The script's statements one by one; `executescript` would commit before it starts."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
