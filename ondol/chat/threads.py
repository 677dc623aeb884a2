"""Conversations that stay: LangGraph's checkpoints and a list of their names in one SQLite file."""

from __future__ import annotations

import builtins
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Self

from langchain_core.messages import BaseMessage

from ondol.chat.condense import CondensedTexts
from ondol.chat.facts import Facts
from ondol.chat.thread import Thread, check_name
from ondol.errors import BackendError, Damaged, NotFound, UsageError
from ondol.lang import nfc
from ondol.model_store.lock import locked
from ondol.registry import nearest
from ondol.wal import read_form, use_wal

# read when langgraph is imported: what a checkpoint holds is then made of known types only
os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"
from langgraph.checkpoint.sqlite import SqliteSaver

VERSION = 1
TABLE = """CREATE TABLE IF NOT EXISTS threads (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, collection TEXT NOT NULL, model TEXT NOT NULL,
    docs INTEGER NOT NULL, system TEXT NOT NULL, turns INTEGER NOT NULL, created REAL NOT NULL,
    updated REAL NOT NULL)"""
WAIT_S = 30
FULL = "Make room, or name another folder with --home."


class ThreadStore:
    """All threads of one home."""

    def __init__(self, home: Path) -> None:
        """Open the file, or make it.

        Raises:
            BackendError: it cannot be opened, or a newer ondol wrote it.
            Damaged: it is not a database.
        """
        self.path = home / "threads.sqlite"
        self._locks = home / ".locks"
        try:
            home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error
        with self.explained():
            self._connection = self._connect()
            self._connection.isolation_level = None
            self._connection.row_factory = sqlite3.Row
            use_wal(self._connection)
            read_form(self._connection, self.path, known=VERSION)
            self._connection.execute(TABLE)
            self._connection.execute(f"PRAGMA user_version = {VERSION}")
            self.facts = Facts(self._connection, self.explained)
            self.condensed = CondensedTexts(self._connection, self.explained)
            self.saver = SqliteSaver(self._connect())
            self.saver.setup()

    def list(self) -> list[Thread]:
        """The latest first."""
        with self.explained():
            rows = self._connection.execute("SELECT * FROM threads ORDER BY updated DESC, id").fetchall()
        return [_thread(row) for row in rows]

    def find(self, name: str, *, whole: bool = False) -> Thread:
        """A thread by name, or (unless `whole`) by the beginning of the name of just one.

        Raises:
            NotFound: there is none, or several begin so.
        """
        name, threads = nfc(name).strip(), self.list()
        exact = next((thread for thread in threads if thread.name == name), None)
        begun = [thread for thread in threads if name and not whole and thread.name.startswith(name)]
        if exact or len(begun) == 1:
            return exact or begun[0]
        if begun:
            raise NotFound(
                "{count} conversations begin with '{name}'.", hint="Which one: {known}", count=len(begun), name=name,
                known=" · ".join(thread.name for thread in begun),
            )  # fmt: skip
        close = nearest(name, [thread.name for thread in threads])
        raise NotFound(
            "There is no conversation '{name}'.",
            hint="Did you mean '{close}'? All of them: ondol threads list" if close else "See: ondol threads list",
            name=name, close=close,
        )  # fmt: skip

    def messages(self, thread: Thread) -> builtins.list[BaseMessage]:
        """Questions and answers in turn.

        Raises:
            Damaged: they cannot be read.
        """
        with self.explained(thread):
            found = self.saver.get_tuple({"configurable": {"thread_id": thread.id}})
            rows = found.checkpoint["channel_values"].get("messages", []) if found else []
            if not isinstance(rows, list):  # what the file says cannot be made into messages
                raise TypeError(type(rows).__name__)
        return rows

    def add(self, thread: Thread, *, name: str = "") -> Thread:
        """Write down a new thread.

        Args:
            name: for a thread without one; it gets a number when it is taken.

        Raises:
            UsageError: the thread has a name, and it is taken.
        """
        now, number = time.time(), 1
        wanted = replace(thread, name=thread.name or name, created=now, updated=now)
        while True:
            try:
                return self._insert(wanted)
            except UsageError:
                if thread.name:
                    raise
                number += 1
                wanted = replace(wanted, name=f"{name} {number}")

    def update(self, thread: Thread, **columns: Any) -> Thread:
        """Write these columns and no others.

        Raises:
            UsageError: another thread has the name, or nothing can be called so.
            NotFound: the thread was removed.
        """
        if "name" in columns:
            columns["name"] = check_name(columns["name"])
        marks = ", ".join(f"{column} = :{column}" for column in columns)
        with self.explained(), _named(columns.get("name", thread.name)):
            self._connection.execute(f"UPDATE threads SET {marks} WHERE id = :id", {**columns, "id": thread.id})  # noqa: S608
        return self.refresh(thread)

    def refresh(self, thread: Thread) -> Thread:
        """The thread as it is now.

        Raises:
            NotFound: it was removed.
        """
        with self.explained():
            row = self._connection.execute("SELECT * FROM threads WHERE id = ?", (thread.id,)).fetchone()
        if row is None:
            raise NotFound("There is no conversation '{name}'.", hint="See: ondol threads list", name=thread.name)
        return _thread(row)

    def remove(self, *threads: Thread) -> None:
        """All of them, or none when one is open elsewhere."""
        with ExitStack() as held:
            for thread in threads:
                held.enter_context(self.hold(thread))
            with self.explained():
                for thread in threads:
                    self.saver.delete_thread(thread.id)
                    self._connection.execute("DELETE FROM threads WHERE id = ?", (thread.id,))
                    self.facts.remove_thread(thread.id)
                    self.condensed.remove(thread.id)
            self.sweep()
        for thread in threads:
            with suppress(OSError):
                self._lock_of(thread).unlink()

    def sweep(self) -> None:
        """Empty the write-ahead log, which still holds what was removed; a program that reads just now delays it."""
        with self.explained():
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def forget_steps(self, thread: Thread) -> None:
        """Keep the newest checkpoint only: each holds the whole conversation, so that 200 turns would be 600 copies."""
        with self.explained():
            newest = "(SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = ?1)"
            for table in ("writes", "checkpoints"):
                self._connection.execute(
                    f"DELETE FROM {table} WHERE thread_id = ?1 AND checkpoint_id < {newest}",  # noqa: S608
                    (thread.id,),
                )

    @contextmanager
    def hold(self, thread: Thread) -> Iterator[None]:
        """Nobody else may continue the thread meanwhile.

        Raises:
            UsageError: another process holds it.
        """

        def refuse() -> None:
            raise UsageError(
                "The conversation '{name}' is open in another window.",
                hint="Close it there, or begin a new one: ondol chat", name=thread.name,
            )  # fmt: skip

        with ExitStack() as stack:
            try:
                stack.enter_context(locked(self._lock_of(thread), refuse))
            except OSError as error:
                raise self._unwritable(error) from error
            yield

    @contextmanager
    def explained(self, thread: Thread | None = None) -> Iterator[None]:
        """What SQLite and LangGraph raise, as a person can read it.

        Args:
            thread: whose checkpoint is read; then every error but ours means that it is damaged.
        """
        try:
            yield
        except sqlite3.OperationalError as error:
            raise self._unwritable(error) from error
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            if thread is None:
                raise
            raise self._damaged(error, thread) from error

    def close(self) -> None:
        self.saver.conn.close()
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _unwritable(self, error: Exception) -> BackendError:
        full = "full" in str(error) or "disk I/O" in str(error)
        return BackendError(
            "{path} cannot be written: {reason}.",
            hint=FULL if full else "Check its permissions, or name another folder with --home.",
            path=self.path, reason=error,
        )  # fmt: skip

    def _damaged(self, error: Exception, thread: Thread | None = None) -> Damaged:
        if thread:
            return Damaged(
                "The conversation '{name}' cannot be read: {reason}.",
                hint="Remove it with: ondol threads rm NAME", name=thread.name, reason=error,
            )  # fmt: skip
        return Damaged(
            "{path} holds no conversations that can be read: {reason}.",
            hint="Move it away; ondol begins a new one.", path=self.path, reason=error,
        )  # fmt: skip

    def _connect(self) -> sqlite3.Connection:
        """LangGraph has a connection of its own: it runs some calls in other threads and locks them itself."""
        connection = sqlite3.connect(self.path, timeout=WAIT_S, check_same_thread=False)
        connection.execute("PRAGMA secure_delete = ON")  # what was removed is not left in free pages
        return connection

    def _insert(self, thread: Thread) -> Thread:
        row = asdict(thread)
        marks = ", ".join(f":{name}" for name in row)
        with self.explained(), _named(thread.name):
            self._connection.execute(f"INSERT INTO threads ({', '.join(row)}) VALUES ({marks})", row)  # noqa: S608
        return thread

    def _lock_of(self, thread: Thread) -> Path:
        return self._locks / f"thread-{thread.id}"


@contextmanager
def _named(name: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise UsageError("There is a conversation '{name}' already.", hint="Choose another name.", name=name) from error


def _thread(row: sqlite3.Row) -> Thread:
    return Thread(**{**{name: row[name] for name in row.keys()}, "docs": bool(row["docs"])})  # noqa: SIM118
