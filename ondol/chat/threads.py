"""Conversations that stay: LangGraph's checkpoints and a list of their names in one SQLite file."""

from __future__ import annotations

import builtins
import os
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from langchain_core.messages import BaseMessage

from ondol.errors import BackendError, Damaged, NotFound, UsageError
from ondol.lang import nfc
from ondol.model_store.lock import locked
from ondol.registry import nearest
from ondol.wal import use_wal

# read when langgraph is imported: what a checkpoint holds is then made of known types only
os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"
from langgraph.checkpoint.sqlite import SqliteSaver

VERSION = 1
TABLE = """CREATE TABLE IF NOT EXISTS threads (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, collection TEXT NOT NULL, model TEXT NOT NULL,
    docs INTEGER NOT NULL, system TEXT NOT NULL, turns INTEGER NOT NULL, created REAL NOT NULL,
    updated REAL NOT NULL)"""
NAME_CHARACTERS = 40
"""Of the first question, as the name of a thread that was given none."""
WAIT_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """One conversation, and how it was last continued."""

    id: str
    name: str
    collection: str
    model: str
    docs: bool
    """False when the model answers by itself."""
    system: str = ""
    turns: int = 0
    created: float = 0.0
    """Seconds since 1970."""
    updated: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


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
        home.mkdir(parents=True, exist_ok=True)
        with self._explained():
            # LangGraph runs some calls in threads of its own and locks them itself
            self._connection = sqlite3.connect(self.path, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
            self._connection.row_factory = sqlite3.Row
            use_wal(self._connection)
            found = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if found > VERSION:
                raise BackendError(
                    "{path} was written by a newer ondol (its form is {found}, this one knows {known}).",
                    hint="Update ondol: pip install -U ondol", path=self.path, found=found, known=VERSION,
                )  # fmt: skip
            self._connection.execute(TABLE)
            self._connection.execute(f"PRAGMA user_version = {VERSION}")
            self.saver = SqliteSaver(self._connection_for_saver())
            self.saver.setup()

    def list(self) -> list[Thread]:
        """The latest first."""
        rows = self._connection.execute("SELECT * FROM threads ORDER BY updated DESC, id")
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
        """Questions and answers in turn."""
        found = self.saver.get_tuple({"configurable": {"thread_id": thread.id}})
        rows: builtins.list[BaseMessage] = found.checkpoint["channel_values"].get("messages", []) if found else []
        return rows

    def add(self, thread: Thread) -> Thread:
        """Write down a new thread; a name that is taken gets a number.

        Returns:
            The thread with its final name and times.
        """
        now, base, number = time.time(), nfc(thread.name).strip(), 1
        thread = replace(thread, name=base, created=now, updated=now)
        while True:
            try:
                with self._explained():
                    self._insert(thread)
                return thread
            except sqlite3.IntegrityError:
                number += 1
                thread = replace(thread, name=f"{base} {number}")

    def update(self, thread: Thread) -> Thread:
        """Write how the thread stands now.

        Raises:
            UsageError: another thread has its name.
        """
        thread = replace(thread, name=nfc(thread.name).strip(), updated=time.time())
        row = _row(thread)
        try:
            with self._explained():
                self._connection.execute(
                    f"UPDATE threads SET {', '.join(f'{name} = :{name}' for name in row)} WHERE id = :id",  # noqa: S608
                    row,
                )
        except sqlite3.IntegrityError as error:
            raise UsageError(
                "There is a conversation '{name}' already.", hint="Choose another name.", name=thread.name
            ) from error
        return thread

    def remove(self, thread: Thread) -> None:
        with self._explained(), self.hold(thread):
            self.saver.delete_thread(thread.id)
            self._connection.execute("DELETE FROM threads WHERE id = ?", (thread.id,))

    def forget_steps(self, thread: Thread) -> None:
        """Keep the newest checkpoint only: each holds the whole conversation, so that 200 turns would be 600 copies."""
        with self._explained():
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

        with locked(self._locks / f"thread-{thread.id}", refuse):
            yield

    def close(self) -> None:
        self.saver.conn.close()
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connection_for_saver(self) -> sqlite3.Connection:
        """LangGraph commits by itself, and needs rows as plain tuples."""
        return sqlite3.connect(self.path, timeout=WAIT_S, check_same_thread=False)

    def _insert(self, thread: Thread) -> None:
        row = _row(thread)
        marks = ", ".join(f":{name}" for name in row)
        self._connection.execute(f"INSERT INTO threads ({', '.join(row)}) VALUES ({marks})", row)  # noqa: S608

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise BackendError(
                "{path} cannot be opened: {reason}.",
                hint="Check its permissions, or name another folder with --home.", path=self.path, reason=error,
            ) from error  # fmt: skip
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as error:
            raise Damaged(
                "{path} holds no conversations that can be read: {reason}.",
                hint="Move it away; ondol begins a new one.", path=self.path, reason=error,
            ) from error  # fmt: skip


def new_thread(*, name: str = "", collection: str, model: str, docs: bool, system: str = "") -> Thread:
    """A thread that nobody has written down yet."""
    return Thread(id=uuid.uuid4().hex, name=name, collection=collection, model=model, docs=docs, system=system)


def name_for(question: str) -> str:
    """A thread's name from its first question: its beginning, on one line."""
    line = " ".join(nfc(question).split())
    return line if len(line) <= NAME_CHARACTERS else f"{line[: NAME_CHARACTERS - 1].rstrip()}…"


def _thread(row: sqlite3.Row) -> Thread:
    return Thread(**{**{name: row[name] for name in row.keys()}, "docs": bool(row["docs"])})  # noqa: SIM118


def _row(thread: Thread) -> dict[str, Any]:
    return {**asdict(thread), "docs": int(thread.docs)}
