"""What is remembered about a person: rows beside the threads, each seen, changed and removed by its number."""

from __future__ import annotations

import builtins
import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal

from ondol.chat.noticing import FACT_CHARACTERS, Noticed
from ondol.errors import NotFound, UsageError
from ondol.ingest.hidden import strip_hidden
from ondol.lang import nfc

Origin = Literal["told", "noticed", "written"]
GLOBAL = ""
"""Stands for the thread of a fact that all threads know."""
MOST = 100
"""Facts of one thread."""
TABLE = """CREATE TABLE IF NOT EXISTS facts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, thread TEXT NOT NULL, text TEXT NOT NULL, origin TEXT NOT NULL,
    said TEXT NOT NULL, value TEXT NOT NULL, message TEXT NOT NULL, created REAL NOT NULL, UNIQUE (thread, text))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line that prompts of its thread contain."""

    id: int
    thread: str
    """Its id; empty for a fact that all threads know."""
    text: str
    origin: Origin
    """told: the person asked to remember it in a conversation; noticed: a rule knew its form; written: `memory add`."""
    said: str = ""
    """The sentence of the conversation that told it."""
    value: str = ""
    """What of it identifies the person; forgetting takes it out of the conversation too."""
    message: str = ""
    """Id of the message that told it."""
    created: float = 0.0

    @property
    def traces(self) -> list[str]:
        """The texts that give it away, the longest first."""
        found = {text for text in (self.text, self.said, self.value) if len(text) > 1}
        return sorted(found, key=len, reverse=True)


class Facts:
    """The facts of one home, in the file of its threads."""

    def __init__(
        self, connection: sqlite3.Connection, explained: Callable[[], AbstractContextManager[None]]
    ) -> None:  # fmt: skip
        self._connection, self._explained = connection, explained
        connection.execute(TABLE)

    def list(self, *threads: str) -> builtins.list[Fact]:
        """Of these threads (`GLOBAL` is one), or all; in the order in which they were told."""
        where = f"WHERE thread IN ({', '.join('?' * len(threads))})" if threads else ""
        with self._explained():
            rows = self._connection.execute(f"SELECT * FROM facts {where} ORDER BY id", threads).fetchall()  # noqa: S608
        return [Fact(**dict(row)) for row in rows]

    def find(self, ids: Iterable[int]) -> builtins.list[Fact]:
        """Raises: NotFound, when one of the numbers is nobody's."""
        known = {fact.id: fact for fact in self.list()}
        wanted = list(dict.fromkeys(ids))
        for number in wanted:
            if number not in known:
                raise NotFound("There is no fact {number}.", hint="See: ondol memory list", number=number)
        return [known[number] for number in wanted]

    def add(self, text: str, *, thread: str) -> Fact:
        """Write a fact down; one that is there already stays as it is.

        Raises:
            UsageError: it cannot be one, or there are too many.
        """
        text = check_text(text)
        found = next((fact for fact in self.list(thread) if fact.text == text), None)
        if found:
            return found
        if len(self.list(thread)) >= MOST:
            raise UsageError(
                "{count} facts are remembered already.", hint="Forget some: ondol memory forget NUMBER", count=MOST
            )
        return self._insert(thread=thread, text=text, origin="written")

    def note(self, noticed: Iterable[Noticed], *, thread: str, message: str) -> builtins.list[Fact]:
        """Write down what a message told; what is known already, or too much, is passed over."""
        known = self.list(thread)
        texts, new = {fact.text for fact in known}, []
        for row in noticed:
            text = " ".join(strip_hidden(row.text)[0].split())
            if text and text not in texts and len(texts) < MOST:
                texts.add(text)
                origin: Origin = "told" if row.told else "noticed"
                more = {"said": row.said, "value": row.value, "message": message}
                new.append(self._insert(thread=thread, text=text, origin=origin, **more))
        return new

    def edit(self, number: int, text: str) -> Fact:
        """Put another text in the place of a fact; what was said in the conversation stays.

        Raises:
            NotFound: there is no such fact.
            UsageError: the text cannot be one, or is there already.
        """
        (fact,), text = self.find([number]), check_text(text)
        with self._explained():
            try:
                self._connection.execute("UPDATE facts SET text = ? WHERE id = ?", (text, number))
            except sqlite3.IntegrityError as error:
                raise UsageError("That is remembered already.", hint="See: ondol memory list") from error
        return Fact(**{**{name: getattr(fact, name) for name in Fact.__slots__}, "text": text})

    def remove(self, facts: Iterable[Fact]) -> None:
        """The rows only; `forget_facts` takes the conversation with them."""
        with self._explained():
            self._connection.executemany("DELETE FROM facts WHERE id = ?", [(fact.id,) for fact in facts])

    def remove_thread(self, thread: str) -> None:
        with self._explained():
            self._connection.execute("DELETE FROM facts WHERE thread = ?", (thread,))

    def _insert(self, **row: Any) -> Fact:
        row = {"said": "", "value": "", "message": "", **row, "created": time.time()}
        marks = ", ".join(f":{name}" for name in row)
        with self._explained():
            done = self._connection.execute(f"INSERT INTO facts ({', '.join(row)}) VALUES ({marks})", row)  # noqa: S608
        return Fact(id=int(done.lastrowid or 0), **row)


def check_text(text: str) -> str:
    """One line without invisible characters.

    Raises:
        UsageError: nothing is left, or too much.
    """
    text = " ".join(strip_hidden(nfc(text))[0].split())
    if not 1 <= len(text) <= FACT_CHARACTERS:
        raise UsageError(
            "A fact is 1 to {count} characters long.", hint="Write one short sentence.", count=FACT_CHARACTERS
        )
    return text
