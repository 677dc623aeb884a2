"""The live parts of `ondol chat`: thread, library and model, each of which can be changed between two turns."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, Self

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage

from ondol.answer.answer import Answer
from ondol.assemble import open_library, open_model
from ondol.chat.conversation import Conversation
from ondol.chat.graph import Chat
from ondol.chat.threads import Thread, ThreadStore, new_thread
from ondol.cli.ask import Aloud
from ondol.cli.output import tell
from ondol.errors import NotFound
from ondol.lang import nfc, translate
from ondol.retrieve.retriever import make_retriever
from ondol.retrieve.search import RetrieveConfig
from ondol.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command line said about the thread; None leaves it as it is."""

    thread: str = ""
    last: bool = False
    docs: bool | None = None
    system: str | None = None


class ChatSession:
    """Settings given as arguments win over what the thread remembers, and that over other settings."""

    conversation: Conversation

    def __init__(
        self, settings: Settings, wanted: Wanted, config: RetrieveConfig, *, show_thinking: bool = False,
        options: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        self.settings, self.config, self.show_thinking = settings, config, show_thinking
        self._options = options or {}
        self.last_answer: Answer | None = None
        self._stack = ExitStack()
        self._library, self._model, self._conversation = ExitStack(), ExitStack(), ExitStack()
        self._opened = ""
        self._chat = Chat(model=None)  # type: ignore[arg-type]  # opened with the first message
        try:
            self.store = self._stack.enter_context(ThreadStore(settings.home))
            for part in (self._library, self._model, self._conversation):
                self._stack.enter_context(part)
            self._start(self._choose(wanted), wanted)
        except BaseException:
            self._stack.close()
            raise

    @property
    def thread(self) -> Thread:
        return self.conversation.thread

    @property
    def earlier_questions(self) -> list[str]:
        return [message.text for message in self.conversation.messages if isinstance(message, HumanMessage)]

    def say(self, text: str, *, aloud: bool) -> Answer:
        """One turn; raises as `Conversation.say`."""
        self._open_model()
        listen = Aloud(show_thinking=self.show_thinking) if aloud else None
        self.last_answer = answer = self.conversation.say(text, listen=listen)
        if aloud and answer.question != nfc(text).strip():
            print(f"  {translate('(searched for: {words})', words=answer.question)}", file=sys.stderr)
        return answer

    def retry(self) -> None:
        self._open_model()
        self.last_answer = self.conversation.retry(listen=Aloud(show_thinking=self.show_thinking))

    def greet(self) -> None:
        """Who answers, from what, and how to go on."""
        place = self.thread.collection if self.thread.docs else "–"
        tell("{name} · documents: {place} · {model}", name=self.thread.name or "ondol", place=place,
             model=self.thread.model)  # fmt: skip
        tell("/help shows the commands, Alt+Enter begins a new line, Ctrl-D ends.")
        if self.conversation.unanswered:
            tell("The last question has no answer yet: {question}\n  → /retry answers it.",
                 question=self.conversation.unanswered)  # fmt: skip

    def go_to(self, name: str) -> None:
        """Another thread, by name."""
        found = self.store.find(name)
        if found.id != self.thread.id:
            self._start(found, Wanted())

    def begin(self, name: str = "") -> None:
        """A new thread with today's parts."""
        today = self.thread
        self._start(
            new_thread(name=name, collection=today.collection, model=today.model, docs=today.docs, system=today.system),
            Wanted(),
        )

    def use_docs(self, docs: bool, collection: str = "") -> None:
        """With the documents of a collection, or without.

        Raises:
            NotFound: there is no such collection; everything stays as it was.
        """
        name = nfc(collection) or self.thread.collection
        if docs:
            self._open_library(name)
        else:
            self._chat.retriever = None
        self.conversation.change(docs=docs, collection=name)

    def use_model(self, spec: str) -> None:
        """Another model; the old one goes when the new one is there."""
        model: Any = open_model(spec, settings=self.settings, **self._options)
        self._model.close()
        self._chat.model, self._opened = self._model.enter_context(model), spec
        self.conversation.change(model=spec)

    def close(self) -> None:
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _choose(self, wanted: Wanted) -> Thread:
        threads, name = self.store.list(), nfc(wanted.thread).strip()
        if wanted.last and not name:
            if not threads:
                raise NotFound("There is no conversation yet.", hint="Begin one: ondol chat")
            return self._as_asked(threads[0])
        found = next((thread for thread in threads if name and thread.name == name), None)
        if found:
            return self._as_asked(found)
        if name and threads:
            tell("A new conversation: {name}", name=name)
        settings = self.settings
        return new_thread(name=name, collection=settings.collection, model=settings.model, docs=True)

    def _as_asked(self, thread: Thread) -> Thread:
        """The thread's own collection and model, unless the call named others."""
        names = [name for name in ("collection", "model") if self.settings.origin.get(name) == "argument"]
        return replace(thread, **{name: getattr(self.settings, name) for name in names})

    def _start(self, thread: Thread, wanted: Wanted) -> None:
        if wanted.system is not None:
            thread = replace(thread, system=nfc(wanted.system))
        conversation = Conversation(self.store, thread, self._chat)
        self._conversation.close()
        self.conversation = self._conversation.enter_context(conversation)
        self._chat.system, self.last_answer = thread.system, None
        self._start_docs(thread.docs if wanted.docs is None else wanted.docs, needed=bool(wanted.docs))
        if self._opened and self._opened != thread.model:
            self.use_model(thread.model)

    def _start_docs(self, docs: bool, *, needed: bool) -> None:
        """A collection that is not there yet is no mistake of a conversation that has not begun."""
        try:
            self.use_docs(docs)
        except NotFound as error:
            if needed or self.thread.created:
                raise
            tell("{words}\nThe model answers by itself until then.", words=error)
            self.use_docs(False)

    def _open_library(self, collection: str) -> None:
        library = open_library(settings=replace(self.settings, collection=collection))
        self._library.close()
        self._library.enter_context(library)
        self._chat.retriever = make_retriever(library, self.config)

    def _open_model(self) -> None:
        if not self._opened:
            self.use_model(self.thread.model)
            self._warn_of_base(self._chat.model)

    def _warn_of_base(self, model: BaseChatModel) -> None:
        if not self.thread.docs and getattr(model, "is_base", False) and sys.stderr.isatty():
            tell("{model} is a base model: it continues texts and was never taught to answer.", model=self.thread.model)
