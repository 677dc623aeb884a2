"""SQLite files of ondol: the write-ahead log, also when two processes make one at once, and the form they are in."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from ondol.errors import BackendError

PATIENCE_S = 10
"""How long to try: the switch takes milliseconds, and SQLite's own busy timeout does not cover it."""


def use_wal(connection: sqlite3.Connection) -> None:
    """Readers then never wait for a writer, and a killed process leaves a database that opens.

    Raises:
        sqlite3.OperationalError: another process held the file all that time, or it cannot be written.
    """
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def read_form(connection: sqlite3.Connection, path: Path, *, known: int) -> int:
    """The number of the form that the file is in, 0 for a new one; raises BackendError when it is above `known`."""
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > known:
        raise BackendError(
            "{path} was written by a newer ondol (its form is {found}, this one knows {known}).",
            hint="Update ondol: pip install -U ondol", path=path, found=found, known=known,
        )  # fmt: skip
    return found
