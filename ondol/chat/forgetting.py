"""A fact that goes: its row, and every place of the conversations that gives it away."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from langchain_core.messages import BaseMessage

from ondol.chat.facts import GLOBAL, Fact
from ondol.chat.graph import Chat, make_chat_graph
from ondol.chat.thread import Thread
from ondol.chat.threads import ThreadStore

GONE = "…"
"""Stands where the fact stood."""


def forget_facts(store: ThreadStore, facts: Sequence[Fact], *, held: Thread | None = None) -> int:
    """Remove facts from the file: nothing of it, the log beside it included, holds their texts any more.

    In the thread of a fact (in all threads, for one that all know) its sentence and its value are replaced by `…`,
    in questions, answers and the name; texts that stand for older turns are made anew.

    Args:
        held: the thread that the caller holds.

    Returns:
        How many messages were changed.

    Raises:
        UsageError: a thread that would be changed is open in another window; nothing was removed.
    """
    with ExitStack() as stack:
        work = []
        for thread in store.list():
            traces = [text for fact in facts if fact.thread in (GLOBAL, thread.id) for text in fact.traces]
            changed = [new for old in store.messages(thread) if (new := _without(old, traces)) is not old]
            name, system = _strip(thread.name, traces), _strip(thread.system, traces)
            own = any(fact.thread == thread.id for fact in facts)
            if changed or own or (name, system) != (thread.name, thread.system):
                if held is None or held.id != thread.id:
                    stack.enter_context(store.hold(thread))
                work.append((thread, changed, {"name": _free(store, thread, name), "system": system}))
        for thread, changed, columns in work:
            _write(store, thread, changed)
            store.update(thread, **columns)
            store.condensed.remove(thread.id)
        if any(fact.thread == GLOBAL for fact in facts):
            for thread in store.list():
                store.condensed.remove(thread.id)
        store.facts.remove(facts)
    store.sweep()
    return sum(len(changed) for _, changed, _ in work)


def _write(store: ThreadStore, thread: Thread, changed: list[BaseMessage]) -> None:
    if not changed:
        return
    graph = make_chat_graph(Chat(model=None), store.saver)  # type: ignore[arg-type] # it answers nothing
    with store.explained():
        graph.update_state({"configurable": {"thread_id": thread.id}}, {"messages": changed}, as_node="answer")
    store.forget_steps(thread)


def _without(message: BaseMessage, traces: list[str]) -> BaseMessage:
    """The same object when it holds no trace; quotes of documents stay, they are not what the person said."""
    told: dict[str, Any] = message.response_metadata.get("answer", {})
    fields = {name: _strip(told[name], traces) for name in ("searched", "short") if told.get(name)}
    text = _strip(message.text, traces)
    if text == message.text and all(told[name] == value for name, value in fields.items()):
        return message
    about = {**message.response_metadata, **({"answer": {**told, **fields}} if fields else {})}
    return message.model_copy(update={"content": text, "response_metadata": about})


def _strip(text: str, traces: list[str]) -> str:
    for trace in sorted(traces, key=len, reverse=True):
        text = text.replace(trace, GONE)
    return text


def _free(store: ThreadStore, thread: Thread, name: str) -> str:
    """A name that no other thread has."""
    taken = {other.name for other in store.list() if other.id != thread.id}
    return next(tried for n in range(1, len(taken) + 3) if (tried := name if n == 1 else f"{name} {n}") not in taken)
