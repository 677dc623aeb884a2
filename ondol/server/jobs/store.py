"""Jobs in one SQLite file of the home, used by the server's threads and by the worker process."""

from __future__ import annotations

import builtins
import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from ondol.errors import BackendError, Damaged, NotFound, UsageError
from ondol.lang import nfc
from ondol.server.finite import finite
from ondol.server.jobs.kinds import KINDS
from ondol.wal import read_form, use_wal

Job = dict[str, Any]
"""As `GET /api/jobs/{id}` tells it."""

VERSION = 1
TABLE = """CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, title TEXT NOT NULL,
    state TEXT NOT NULL, language TEXT NOT NULL, request TEXT NOT NULL, progress TEXT NOT NULL, result TEXT,
    error TEXT, log TEXT NOT NULL, created REAL NOT NULL, started REAL, ended REAL,
    stopping INTEGER NOT NULL,  -- a person wants it to end
    kills INTEGER NOT NULL      -- times that its process was lost
)"""
ENDED = ("done", "failed", "stopped")
MOST_KILLS = 3
"""Times that a job whose process was lost goes on by itself."""
KEPT = 500
"""Ended jobs that are remembered; evaluations and runs always are."""
LINES = 20
WAIT_S = 30
LISTED = 200
NO_PROGRESS = {"done": 0, "total": None, "what": "", "unit": "", "rate": None, "left_s": None}


class JobStore:
    """All jobs of one home; every change of a state is one transaction."""

    def __init__(self, home: Path) -> None:
        """Open the file, or make it.

        Raises:
            BackendError: it cannot be opened, or a newer ondol wrote it.
            Damaged: it is not a database.
        """
        self.home, self.path = home, home / "jobs.sqlite"
        self._lock = threading.RLock()
        try:
            home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error.strerror or error) from error
        with self._explained():
            self._db = sqlite3.connect(self.path, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
            self._db.row_factory = sqlite3.Row
            use_wal(self._db)
            read_form(self._db, self.path, known=VERSION)
            self._db.execute(TABLE)
            self._db.execute(f"PRAGMA user_version = {VERSION}")

    # What the server does

    def add(self, kind: str, title: str, request: Mapping[str, Any], *, language: str = "", name: str = "") -> Job:
        """Let a job wait for the worker.

        Args:
            title: what people know it by.
            language: of the messages that it leaves; empty for the worker's own.
            name: its id; a new one when empty.
        """
        job = name or new_id()
        row = {
            "id": job, "kind": kind, "title": nfc(title)[:200], "language": language,
            "request": json.dumps(request), "progress": json.dumps(NO_PROGRESS), "created": time.time(),
        }  # fmt: skip
        with self._transaction() as db:
            db.execute(
                """INSERT INTO jobs (id, kind, title, state, language, request, progress, log, created, stopping, kills)
                   VALUES (:id, :kind, :title, 'waiting', :language, :request, :progress, '[]', :created, 0, 0)""",
                row,
            )
            db.execute(
                """DELETE FROM jobs WHERE state IN ('done', 'failed', 'stopped') AND kind IN ('add', 'pull')
                   AND number <= (SELECT max(number) FROM jobs) - ?""",
                [KEPT],
            )
        return self.get(job)

    def get(self, job: str) -> Job:
        """Raises NotFound."""
        with self._reading() as db:
            row = db.execute("SELECT * FROM jobs WHERE id = ?", [job]).fetchone()
        if row is None:
            raise NotFound("There is no job '{name}'.", hint="It may have been long ago.", name=job[:80])
        return _told(row)

    def list(self, kind: str | None = None, *, limit: int = LISTED) -> builtins.list[Job]:
        """The latest first."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT * FROM jobs WHERE ?1 IS NULL OR kind = ?1 ORDER BY number DESC LIMIT ?2", [kind, limit]
            ).fetchall()
        return [_told(row) for row in rows]

    def stop(self, job: str) -> Job:
        """Ask for an end; what is done stays. One that waits ends at once, one that has ended is left alone."""
        self.get(job)
        with self._transaction() as db:
            db.execute(
                "UPDATE jobs SET state = 'stopped', ended = ? WHERE id = ? AND state IN ('waiting', 'interrupted')",
                [time.time(), job],
            )
            db.execute("UPDATE jobs SET stopping = 1 WHERE id = ? AND state = 'running'", [job])
        return self.get(job)

    def retry(self, job: str) -> Job:
        """Let a job that failed or was stopped go on.

        Raises:
            UsageError: it has not ended, or is done.
        """
        self.get(job)
        with self._transaction() as db:
            changed = db.execute(
                """UPDATE jobs SET state = 'waiting', started = NULL, ended = NULL, error = NULL, result = NULL,
                   stopping = 0, kills = 0, progress = ? WHERE id = ? AND state IN ('failed', 'stopped')""",
                [json.dumps(NO_PROGRESS), job],
            ).rowcount
        if not changed:
            raise UsageError("Only a job that failed or was stopped can be tried again.")
        return self.get(job)

    # What the worker does

    def take(self, busy: Collection[str]) -> Job | None:
        """The next job, which is then running; one of a kind in `busy` has to wait."""
        kinds = [kind for kind in KINDS if kind not in busy]
        with self._transaction() as db:
            rows = db.execute("SELECT id, kind, number FROM jobs WHERE state IN ('waiting', 'interrupted')").fetchall()
            fitting = [(kinds.index(row["kind"]), row["number"], row["id"]) for row in rows if row["kind"] in kinds]
            if not fitting:
                return None
            job = min(fitting)[2]
            db.execute(
                "UPDATE jobs SET state = 'running', started = COALESCE(started, ?), stopping = 0 WHERE id = ?",
                [time.time(), job],
            )
        return self.get(job)

    def language_of(self, job: str) -> str:
        with self._reading() as db:
            row = db.execute("SELECT language FROM jobs WHERE id = ?", [job]).fetchone()
        return str(row["language"]) if row else ""

    def is_stopping(self, job: str) -> bool:
        with self._reading() as db:
            row = db.execute("SELECT stopping FROM jobs WHERE id = ?", [job]).fetchone()
        return bool(row and row["stopping"])

    def tell(
        self, job: str, *, progress: Mapping[str, Any] | None = None, lines: builtins.list[str] | None = None
    ) -> None:
        """Write how far it is, and lines behind those that are there."""
        with self._transaction() as db:
            if progress is not None:
                db.execute("UPDATE jobs SET progress = ? WHERE id = ?", [json.dumps(progress), job])
            row = db.execute("SELECT log FROM jobs WHERE id = ?", [job]).fetchone() if lines else None
            if row:
                log = [*json.loads(row["log"]), *(lines or ())][-LINES:]
                db.execute("UPDATE jobs SET log = ? WHERE id = ?", [json.dumps(log), job])

    def end(
        self, job: str, state: str, *, result: Mapping[str, Any] | None = None, error: Mapping[str, str] | None = None
    ) -> None:
        """A running job is done, failed or stopped; one that is not running is left alone."""
        with self._transaction() as db:
            db.execute(
                """UPDATE jobs SET state = ?, ended = ?, result = ?, error = ?, stopping = 0
                   WHERE id = ? AND state = 'running'""",
                [state, time.time(), _json(result), _json(error), job],
            )

    def interrupt(self, job: str, *, error: Mapping[str, str], killed: bool = True) -> None:
        """The process of a running job is gone: it goes on later, unless it was to stop or is lost too often.

        Args:
            error: told where it is lost too often.
            killed: it did not end in order.
        """
        with self._transaction() as db:
            row = db.execute("SELECT * FROM jobs WHERE id = ? AND state = 'running'", [job]).fetchone()
            if row is None:
                return
            kills = row["kills"] + killed
            state = "stopped" if row["stopping"] else "failed" if kills > MOST_KILLS else "interrupted"
            db.execute(
                "UPDATE jobs SET state = ?, kills = ?, stopping = 0, error = ?, ended = ? WHERE id = ?",
                [state, kills, _json(error if state == "failed" else None),
                 None if state == "interrupted" else time.time(), job],
            )  # fmt: skip

    def running(self) -> builtins.list[str]:
        """Ids."""
        with self._reading() as db:
            return [row["id"] for row in db.execute("SELECT id FROM jobs WHERE state = 'running'")]

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._explained():
            yield self._db

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._explained():
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # an interrupt may come right behind BEGIN or COMMIT
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """What SQLite raises, as a person can read it."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise self._unwritable(error) from error
        except sqlite3.DatabaseError as error:
            raise Damaged(
                "{path} holds no jobs that can be read: {reason}.", hint="Move it away; ondol begins a new one.",
                path=self.path, reason=error,
            ) from error  # fmt: skip

    def _unwritable(self, reason: object) -> BackendError:
        return BackendError(
            "{path} cannot be written: {reason}.", hint="Check its folder and the disk.", path=self.path, reason=reason
        )


def new_id() -> str:
    return secrets.token_hex(6)


def _json(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(finite(value), default=str)


def _told(row: sqlite3.Row) -> Job:
    plain = {name: row[name] for name in ("id", "kind", "state", "created", "started", "ended", "title")}
    kept = {name: json.loads(row[name] or "null") for name in ("request", "progress", "result", "error", "log")}
    return {**plain, **kept, "stopping": bool(row["stopping"])}
