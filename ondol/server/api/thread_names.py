"""Conversations by name or id, and the name of one that was given none."""

from __future__ import annotations

from contextlib import suppress

from ondol.chat.conversation import Conversation
from ondol.chat.thread import Thread, name_for
from ondol.chat.threads import ThreadStore
from ondol.errors import UsageError
from ondol.lang import translate

UNNAMED = "New conversation"
MOST_ALIKE = 100
"""Conversations that begin with the same question."""


def find_thread(store: ThreadStore, name: str) -> Thread:
    """Raises NotFound with the nearest name."""
    by_id = next((thread for thread in store.list() if thread.id == name), None)
    return by_id or store.find(name, whole=True)


def is_unnamed(thread: Thread) -> bool:
    """Whether it has the name that every new one gets, and nothing was asked in it."""
    names = (translate(UNNAMED, language="en"), translate(UNNAMED, language="ko"))
    return not thread.turns and any(
        thread.name == name or thread.name.removeprefix(f"{name} ").isdigit() for name in names
    )


def name_first_question(conversation: Conversation, question: str) -> None:
    """Call a new conversation by its first question, with a number where that is taken."""
    if not is_unnamed(conversation.thread):
        return
    name = name_for(question)
    for number in range(1, MOST_ALIKE):
        with suppress(UsageError):  # taken, or no name at all: it stays as it is
            conversation.change(name=name if number == 1 else f"{name} {number}")
            return
