"""One conversation as the list of conversations knows it, and what it may be called."""

from __future__ import annotations

import unicodedata
import uuid
from dataclasses import asdict, dataclass
from typing import Any

from ondol.errors import UsageError
from ondol.lang import nfc

QUESTION_CHARACTERS = 40
"""Of the first question, as the name of a thread that was given none."""
NAME_CHARACTERS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """One conversation, and how it was last continued."""

    id: str
    name: str
    """Empty until the first question of a thread that was given none."""
    collection: str
    model: str
    docs: bool
    """False when the model answers by itself."""
    system: str = ""
    turns: int = 0
    created: float = 0.0
    """Seconds since 1970; 0 until the first question."""
    updated: float = 0.0
    """When the last turn ended."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def new_thread(*, name: str = "", collection: str, model: str, docs: bool, system: str = "") -> Thread:
    """A thread that nobody has written down yet.

    Raises:
        UsageError: nothing can be called so.
    """
    name = check_name(name) if name else ""
    return Thread(id=uuid.uuid4().hex, name=name, collection=collection, model=model, docs=docs, system=system)


def check_name(name: str) -> str:
    """The name without white space around it.

    Raises:
        UsageError: it is empty, longer than 80 characters, or not one line of text.
    """
    name = nfc(name).strip()
    if (
        not name
        or len(name) > NAME_CHARACTERS
        or any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in name)
    ):
        raise UsageError(
            "A conversation cannot be called {name!r}.",
            hint="A name is one line of 1 to {count} characters.", name=name[:NAME_CHARACTERS], count=NAME_CHARACTERS,
        )  # fmt: skip
    return name


def name_for(question: str) -> str:
    """A thread's name from its first question: its beginning, on one line."""
    line = " ".join("".join(c if unicodedata.category(c) != "Cc" else " " for c in nfc(question)).split())
    return line if len(line) <= QUESTION_CHARACTERS else f"{line[: QUESTION_CHARACTERS - 1].rstrip()}…"
