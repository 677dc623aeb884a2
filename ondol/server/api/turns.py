"""A turn of a conversation as an iterator, which whoever listens may end before it is over."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

from langchain_core.documents import Document

from ondol.answer.answer import Answer
from ondol.chat.conversation import Conversation
from ondol.retrieve.retriever import LibraryRetriever
from ondol.retrieve.search import Found
from ondol.server.api.answers import Piece

Heard = Piece | list[Document]


class ToldRetriever(LibraryRetriever):
    """Tells the hits of every search, those that an answer shows."""

    tell: Callable[[list[Document]], None]

    def search(self, query: str, *, k: int = 0) -> Found:
        found = super().search(query, k=k)
        self.tell(found.hits[: self.config.k])
        return found


class Turn:
    """One question in a thread of its own; its pieces come out here as they are said.

    Closing the iterator interrupts it: the conversation keeps the answer so far.
    """

    def __init__(self) -> None:
        self._said: queue.SimpleQueue[Heard | BaseException] = queue.SimpleQueue()
        self._ended = threading.Event()

    def hear(self, piece: Heard) -> None:
        """Called from the conversation's thread."""
        if self._ended.is_set():
            raise KeyboardInterrupt  # what a conversation takes for a person who ends its answer
        self._said.put(piece)

    def say(self, conversation: Conversation, question: str) -> Iterator[Heard]:
        """The hits of each search, text and thinking, the whole Answer last; raises as `Conversation.say`."""

        def work() -> None:
            try:
                self._said.put(conversation.say(question, listen=self._listen))
            except BaseException as error:  # it is raised where the pieces are read
                self._said.put(error)

        thread = threading.Thread(target=work, name="ondol-turn", daemon=True)
        thread.start()
        try:
            yield from self._pieces()
        finally:
            self._ended.set()
            thread.join()

    def _listen(self, piece: Any) -> None:
        if not isinstance(piece, Answer):  # it is told when the conversation has kept it
            self.hear(piece)

    def _pieces(self) -> Iterator[Heard]:
        while True:
            piece = self._said.get()
            if isinstance(piece, BaseException):
                raise piece
            yield piece
            if isinstance(piece, Answer):
                return
