"""SQLite's write-ahead log, switched on also when two processes make the same database at once."""

from __future__ import annotations

import sqlite3
import time

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
