"""A thread that is being continued: say something, take it back, ask again."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, Self

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, RemoveMessage
from langchain_core.runnables import RunnableConfig

from ondol.answer.answer import Answer, Thought
from ondol.chat.facts import GLOBAL, Fact
from ondol.chat.forgetting import forget_facts
from ondol.chat.graph import Chat, Piece, make_chat_graph
from ondol.chat.noticing import notice
from ondol.chat.thread import Thread, name_for
from ondol.chat.threads import ThreadStore
from ondol.errors import UsageError
from ondol.lang import nfc

INTERRUPTED, UNANSWERED = "interrupted", "unanswered"
"""`finish_reason` of an answer that a person ended, and of a question that got none."""
Listen = Callable[[Piece], None]


class Conversation:
    """One thread and who answers in it; a new thread is written down with its first question.

    Nobody else can continue the thread until `close`.
    """

    def __init__(self, store: ThreadStore, thread: Thread, chat: Chat) -> None:
        self.store, self.chat = store, chat
        self._stack = ExitStack()
        self._stack.enter_context(store.hold(thread))
        self.thread = store.refresh(thread) if thread.created else thread
        self._graph = make_chat_graph(chat, store.saver)
        self._config: RunnableConfig = {"configurable": {"thread_id": thread.id}}
        self.noticed: list[Fact] = []
        """What the last question told about the person, newly remembered."""

    @property
    def messages(self) -> list[BaseMessage]:
        return self.store.messages(self.thread)

    @property
    def unanswered(self) -> str:
        """The last question, when the process ended before its answer; else empty."""
        last = self.messages[-1:]
        return last[0].text if last and isinstance(last[0], HumanMessage) else ""

    @property
    def facts(self) -> list[Fact]:
        """What this thread knows about the person, with what all threads know."""
        return self.store.facts.list(GLOBAL, self.thread.id)

    def say(self, question: str, *, listen: Listen | None = None) -> Answer:
        """Answer one question; it is kept before the answer is begun, and so is what it tells about the person.

        Args:
            listen: gets the answer in pieces, the whole Answer last.

        Raises:
            UsageError: the question is empty.
            KeyboardInterrupt: after the answer so far was kept as an interrupted one.
            ContextOverflow and others: what the model or the library tell; the question stays, unanswered.
        """
        question = nfc(question).strip()
        if not question:
            raise UsageError("The question is empty.", hint="Say something.")
        if not self.thread.created:
            self.thread = self.store.add(self.thread, name=name_for(question))
        left = [_unfinished("", UNANSWERED)] if self.unanswered else []
        asked = HumanMessage(question, id=uuid.uuid4().hex)
        self.noticed = self.store.facts.note(notice(question), thread=self.thread.id, message=str(asked.id))
        return self._answer([*left, asked], listen)

    def retry(self, *, listen: Listen | None = None) -> Answer:
        """Answer the last question again; the old answer goes when the new one is there.

        Raises:
            UsageError: nothing was asked yet.
        """
        if _last_question(self.messages) is None:
            raise UsageError("There is nothing to answer again.", hint="Ask something first.")
        return self._answer([], listen)

    def undo(self) -> str:
        """Take the last question and its answer back, with what it told about the person.

        Returns:
            The question.

        Raises:
            UsageError: nothing was asked yet.
        """
        messages = self.messages
        place = _last_question(messages)
        if place is None:
            raise UsageError("There is nothing to take back.", hint="Ask something first.")
        self._write([RemoveMessage(id=str(message.id)) for message in messages[place:]])
        own = self.store.facts.list(self.thread.id)
        self.store.facts.remove(fact for fact in own if fact.message == messages[place].id)
        self._count()
        return messages[place].text

    def remember(self, text: str, *, everywhere: bool = False) -> Fact:
        """Keep a fact about the person for this thread, or for all.

        Raises:
            UsageError: it cannot be one, or the thread has not begun.
        """
        if not everywhere and not self.thread.created:
            raise UsageError("The conversation has not begun.", hint="Ask something first.")
        return self.store.facts.add(text, thread=GLOBAL if everywhere else self.thread.id)

    def forget(self, *facts: Fact) -> int:
        """Take facts away, and out of what was said; as `forget_facts`."""
        changed = forget_facts(self.store, facts, held=self.thread)
        if self.thread.created:
            self.thread = self.store.refresh(self.thread)
        return changed

    def change(self, **values: Any) -> None:
        """Keep other values of the thread (name, collection, model, docs); a thread not begun yet just takes them.

        Raises:
            UsageError: the name is taken.
        """
        self.thread = (
            self.store.update(self.thread, **values) if self.thread.created else replace(self.thread, **values)
        )

    def close(self) -> None:
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self, asked: list[Any], listen: Listen | None) -> Answer:
        heard = _Heard(listen)
        self.chat.listen = heard
        self.chat.facts = [fact.text for fact in self.facts]
        self.chat.condensed = self.store.condensed.read(self.thread.id)
        self.chat.keep = lambda condensed: self.store.condensed.write(self.thread.id, condensed)
        try:
            with self.store.explained():
                # sync: the question is on the disk before the answer is begun
                self._graph.invoke({"messages": asked}, self._config, durability="sync")
        except KeyboardInterrupt:
            self._keep(asked, heard.text)
            raise
        self._count()
        if heard.failed:
            raise heard.failed
        assert heard.answer
        return heard.answer

    def _keep(self, asked: list[Any], text: str) -> None:
        """Whatever the interruption left out; an answer that stands already, old or new, is not touched."""
        messages = self.messages
        known = {message.id for message in messages}
        missing = [message for message in asked if message.id not in known]
        if missing or (messages and isinstance(messages[-1], HumanMessage)):
            self._write([*missing, _unfinished(text, INTERRUPTED)])
        self._count()

    def _write(self, messages: list[Any]) -> None:
        with self.store.explained():
            self._graph.update_state(self._config, {"messages": messages}, as_node="answer")

    def _count(self) -> None:
        turns = sum(isinstance(message, HumanMessage) for message in self.messages)
        self.thread = self.store.update(self.thread, turns=turns, updated=time.time())
        self.store.forget_steps(self.thread)


def _last_question(messages: list[BaseMessage]) -> int | None:
    places = [number for number, message in enumerate(messages) if isinstance(message, HumanMessage)]
    return places[-1] if places else None


def _unfinished(text: str, reason: str) -> AIMessage:
    return AIMessage(text.strip(), id=uuid.uuid4().hex, response_metadata={"finish_reason": reason})


class _Heard:
    """Remembers what has been said, for the case that the answer is not finished."""

    def __init__(self, listen: Listen | None) -> None:
        self._listen, self.text = listen, ""
        self.answer: Answer | None = None
        self.failed: OSError | None = None
        """The listener has gone (a closed pipe); the answer is finished and kept all the same."""

    def __call__(self, piece: Piece) -> None:
        if isinstance(piece, Answer):
            self.answer = piece
        elif not isinstance(piece, Thought):
            self.text += piece
        if self._listen and not self.failed:
            try:
                self._listen(piece)
            except OSError as error:
                self.failed = error
