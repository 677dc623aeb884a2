"""A thread that is being continued: say something, take it back, ask again."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, Self

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, RemoveMessage
from langchain_core.runnables import RunnableConfig

from ondol.answer.answer import Answer, Thought
from ondol.chat.graph import Chat, Piece, make_chat_graph
from ondol.chat.threads import Thread, ThreadStore, name_for
from ondol.errors import UsageError
from ondol.lang import nfc

INTERRUPTED, UNANSWERED = "interrupted", "unanswered"
"""`finish_reason` of an answer that a person ended, and of a question that got none."""


class Conversation:
    """One thread and who answers in it; a new thread is written down with its first question.

    Nobody else can continue the thread until `close`.
    """

    def __init__(self, store: ThreadStore, thread: Thread, chat: Chat) -> None:
        self.store, self.thread, self.chat = store, thread, chat
        self._stack = ExitStack()
        self._stack.enter_context(store.hold(thread))
        self._graph = make_chat_graph(chat, store.saver)
        self._config: RunnableConfig = {"configurable": {"thread_id": thread.id}}

    @property
    def messages(self) -> list[BaseMessage]:
        return self.store.messages(self.thread)

    @property
    def unanswered(self) -> str:
        """The last question, when the process ended before its answer; else empty."""
        last = self.messages[-1:]
        return last[0].text if last and isinstance(last[0], HumanMessage) else ""

    def say(self, question: str, *, listen: Callable[[Piece], None] | None = None) -> Answer:
        """Answer one question; it is kept before the answer is begun.

        Args:
            listen: gets the answer in pieces, the whole Answer last.

        Raises:
            UsageError: the question is empty.
            KeyboardInterrupt: after the answer so far was kept as an interrupted one.
            ContextOverflow and others: what the model or the library tell; the question stays, unanswered.
        """
        question = nfc(question).strip()
        if not question:
            raise UsageError("The question is empty.", hint="Write it in quotes.")
        if not self.thread.created:
            self.thread = self.store.add(replace(self.thread, name=self.thread.name or name_for(question)))
        left = [_unfinished("", UNANSWERED)] if self.unanswered else []
        return self._answer([*left, HumanMessage(question)], listen)

    def retry(self, *, listen: Callable[[Piece], None] | None = None) -> Answer:
        """Answer the last question again; the old answer goes.

        Raises:
            UsageError: nothing was asked yet.
        """
        if not self.messages:
            raise UsageError("There is nothing to answer again.", hint="Ask something first.")
        last = self.messages[-1]
        return self._answer([RemoveMessage(id=str(last.id))] if isinstance(last, AIMessage) else [], listen)

    def undo(self) -> str:
        """Take the last question and its answer back.

        Returns:
            The question.

        Raises:
            UsageError: nothing was asked yet.
        """
        messages = self.messages
        place = max((n for n, message in enumerate(messages) if isinstance(message, HumanMessage)), default=-1)
        if place < 0:
            raise UsageError("There is nothing to take back.", hint="Ask something first.")
        gone: list[BaseMessage] = [RemoveMessage(id=str(message.id)) for message in messages[place:]]
        self._graph.update_state(self._config, {"messages": gone}, as_node="answer")
        self._count()
        return messages[place].text

    def change(self, **values: Any) -> None:
        """Keep other values of the thread (name, collection, model, docs); a thread not begun yet just takes them.

        Raises:
            UsageError: the name is taken.
        """
        changed = replace(self.thread, **values)
        self.thread = self.store.update(changed) if self.thread.created else changed

    def close(self) -> None:
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self, change: list[Any], listen: Callable[[Piece], None] | None) -> Answer:
        heard = _Heard(listen)
        self.chat.listen = heard
        try:
            # sync: the question is on the disk before the answer is begun
            self._graph.invoke({"messages": change}, self._config, durability="sync")
        except KeyboardInterrupt:
            # also with no word yet: what was asked must have its turn
            partial = _unfinished(heard.text, INTERRUPTED)
            self._graph.update_state(self._config, {"messages": [partial]}, as_node="answer")
            self._count()
            raise
        self._count()
        assert heard.answer
        return heard.answer

    def _count(self) -> None:
        turns = sum(isinstance(message, HumanMessage) for message in self.messages)
        self.thread = self.store.update(replace(self.thread, turns=turns, updated=time.time()))
        self.store.forget_steps(self.thread)


def _unfinished(text: str, reason: str) -> AIMessage:
    return AIMessage(text.strip(), response_metadata={"finish_reason": reason})


class _Heard:
    """Remembers what has been said, for the case that the answer is not finished."""

    def __init__(self, listen: Callable[[Piece], None] | None) -> None:
        self._listen, self.text = listen, ""
        self.answer: Answer | None = None

    def __call__(self, piece: Piece) -> None:
        if isinstance(piece, Answer):
            self.answer = piece
        elif not isinstance(piece, Thought):
            self.text += piece
        if self._listen:
            self._listen(piece)
