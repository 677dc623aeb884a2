"""The live parts of `ondol chat`: thread, library and model, each of which can be changed between two turns."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, Self

from langchain_core.messages import HumanMessage

from ondol.answer.answer import Answer
from ondol.assemble import open_library, open_model
from ondol.assemble_reading import answering_options, open_default_reader
from ondol.chat.conversation import Conversation
from ondol.chat.graph import Chat
from ondol.chat.thread import Thread, check_name, new_thread
from ondol.chat.threads import ThreadStore
from ondol.cli.ask import Aloud
from ondol.cli.bars import Bars
from ondol.cli.output import tell
from ondol.cli.retrieving import open_retriever
from ondol.errors import NotFound, UsageError
from ondol.lang import nfc, translate
from ondol.library.library import Library
from ondol.prompts.load import open_prompts
from ondol.retrieve.config import RetrieveConfig
from ondol.retrieve.retriever import LibraryRetriever, make_retriever
from ondol.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command line said about the thread; None leaves it as it is."""

    thread: str = ""
    last: bool = False
    docs: bool | None = None
    system: str | None = None

    def __post_init__(self) -> None:
        if self.last and self.thread:
            raise UsageError("--last and --thread name two conversations.", hint="Leave one of them out.")


class ChatSession:
    """Settings given as arguments win over what the thread remembers, and that over other settings.

    What a thread is to remember is written when it works: a model that cannot be opened is not kept.
    """

    def __init__(
        self, settings: Settings, wanted: Wanted, config: RetrieveConfig, *, show_thinking: bool = False,
        options: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        self.settings, self.config, self.show_thinking = settings, config, show_thinking
        self._options = options or {}
        self._stack, self._model = ExitStack(), ExitStack()
        self._library: Library | None = None
        self._retriever: LibraryRetriever | None = None
        self._conversation: Conversation | None = None
        self._spec, self._opened = "", ("", False)
        self._reader_opened = False
        # the model is opened for the first question, which is on the disk by then
        self._chat = Chat(
            model=None,  # type: ignore[arg-type]
            prepare=self._open_model,
            threshold=settings.threshold,
            prompts=open_prompts(settings.home),
        )
        with ExitStack() as failing:
            failing.callback(self.close)
            self.store = self._stack.enter_context(ThreadStore(settings.home))
            self._start(self._choose(wanted), wanted)
            failing.pop_all()

    @property
    def conversation(self) -> Conversation:
        assert self._conversation
        return self._conversation

    @property
    def thread(self) -> Thread:
        return self.conversation.thread

    @property
    def earlier_questions(self) -> list[str]:
        return [message.text for message in self.conversation.messages if isinstance(message, HumanMessage)]

    @property
    def last_answer(self) -> dict[str, Any]:
        """Question and answer of the last turn; raises UsageError where there is none."""
        messages = self.conversation.messages
        if len(messages) < 2 or not self.earlier_questions or isinstance(messages[-1], HumanMessage):
            raise UsageError("There is no answer to mark yet.", hint="Ask something first.")
        told = messages[-1].response_metadata.get("answer", {})
        cited = [row["document_id"] for row in told.get("citations", ())]
        return {
            "question": self.earlier_questions[-1], "answer": messages[-1].text, "short": told.get("short"),
            "abstained": told.get("abstained", False), "model": self._spec, "document_ids": cited,
        }  # fmt: skip

    def say(self, text: str, *, aloud: bool) -> Answer:
        """One turn; raises as `Conversation.say`."""
        listen = Aloud(show_thinking=self.show_thinking) if aloud else None
        return self._tell(self.conversation.say(text, listen=listen), text, aloud=aloud)

    def retry(self) -> None:
        listen = Aloud(show_thinking=self.show_thinking)
        self._tell(self.conversation.retry(listen=listen), self.earlier_questions[-1], aloud=True)

    def tell_state(self) -> None:
        """Which conversation, from what, by which model, and whether an answer is missing."""
        place = self.thread.collection if self.thread.docs else "–"
        name = self.thread.name or translate("a new conversation")
        tell("{name} · documents: {place} · {model}", name=name, place=place, model=self._spec)
        if question := self.conversation.unanswered:
            tell("The last question has no answer yet: {question}\n  → /retry answers it.", question=question)

    def go_to(self, name: str) -> None:
        """Another thread, by name; nothing changes when it cannot be continued."""
        found = self.store.find(name)
        if found.id != self.thread.id:
            self._start(found, Wanted())

    def begin(self, name: str = "") -> None:
        """A new thread with today's parts."""
        if name:
            self._check_free(name, self.store.list())
        today = self.thread
        self._start(
            new_thread(name=name, collection=today.collection, model=self._spec, docs=today.docs, system=today.system),
            Wanted(),
        )

    def rename(self, name: str) -> None:
        """Raises: UsageError, when another thread has the name, or nothing can be called so."""
        self._check_free(name, [thread for thread in self.store.list() if thread.id != self.thread.id])
        self.conversation.change(name=check_name(name))

    def use_docs(self, docs: bool, collection: str = "") -> None:
        """With the documents of a collection, or without.

        Raises:
            NotFound: there is no such collection; everything stays as it was.
        """
        name = nfc(collection) or self.thread.collection
        self._use_library(self._find_library(name) if docs else None)
        self.conversation.change(docs=docs, collection=name)

    def use_model(self, spec: str) -> None:
        """Another model; the old one goes when the new one is there."""
        settings = replace(self.settings, model=spec)
        options = answering_options(settings, **self._options) if self.thread.docs else self._options
        model: Any = open_model(spec, settings=settings, **options)
        self._model.close()
        self._chat.model = self._model.enter_context(model)
        self._spec, self._opened = spec, (spec, self.thread.docs)
        self.conversation.change(model=spec)

    def close(self) -> None:
        for part in (self._conversation, self._model, self._library, self._stack):
            if part:
                part.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_free(self, name: str, threads: list[Thread]) -> None:
        name = check_name(name)
        if any(thread.name == name for thread in threads):
            raise UsageError("There is a conversation '{name}' already.", hint="Choose another name.", name=name)

    def _choose(self, wanted: Wanted) -> Thread:
        threads, name = self.store.list(), nfc(wanted.thread).strip()
        if wanted.last:
            if not threads:
                raise NotFound("There is no conversation yet.", hint="Begin one: ondol chat")
            return threads[0]
        found = next((thread for thread in threads if name and thread.name == name), None)
        if found:
            return found
        if name and threads:
            tell("A new conversation: {name}", name=name)
        settings = self.settings
        return new_thread(name=name, collection=settings.collection, model=settings.model, docs=True)

    def _asked(self, name: str, kept: str) -> str:
        given = self.settings.origin.get(name) == "argument" and self._conversation is None
        return str(getattr(self.settings, name)) if given else kept

    def _start(self, thread: Thread, wanted: Wanted) -> None:
        """Go to a thread with all its parts, or stay as it was."""
        if wanted.system is not None:
            thread = replace(thread, system=nfc(wanted.system))
        collection, spec = self._asked("collection", thread.collection), self._asked("model", thread.model)
        docs = thread.docs if wanted.docs is None else wanted.docs
        library = self._find_library(collection, needed=bool(wanted.docs or thread.created)) if docs else None
        if library and wanted.system is not None:
            library.close()
            raise UsageError("--system is for a model that answers by itself.", hint="Add --no-docs.")
        try:
            conversation = Conversation(self.store, thread, self._chat)
        except BaseException:
            if library and library is not self._library:
                library.close()
            raise
        if self._conversation:
            self._conversation.close()
        self._conversation = conversation
        self._use_library(library)
        self._spec, self._chat.system = spec, thread.system
        conversation.change(docs=library is not None, collection=collection, system=thread.system)
        if not thread.created:
            conversation.change(model=spec)

    def _find_library(self, collection: str, *, needed: bool = True) -> Library | None:
        """The open one where it is the same; None when it is not there and not needed."""
        if self._library and self._library.name == collection:
            return self._library
        try:
            return open_library(settings=replace(self.settings, collection=collection))
        except NotFound as error:
            if needed:
                raise
            tell("{words}\nThe model answers by itself until then.", words=error)
            return None

    def _use_library(self, library: Library | None) -> None:
        if self._library and self._library is not library:
            self._library.close()
        self._library = library
        self._chat.retriever = self._make_retriever(library) if library else None

    def _make_retriever(self, library: Library) -> LibraryRetriever:
        """The reranker, where there is one, is opened once for the whole conversation."""
        if self._retriever is None:
            self._retriever = open_retriever(self._stack, self.settings, self.config, library=library)
        return make_retriever(library, self.config, reranker=self._retriever.reranker)

    def _open_model(self) -> None:
        if self._chat.retriever and not self._reader_opened:
            self._chat.reader, self._reader_opened = open_default_reader(self.settings, Bars()), True
        if self._opened != (self._spec, self.thread.docs):
            self.use_model(self._spec)
            if not self.thread.docs and getattr(self._chat.model, "is_base", False) and sys.stderr.isatty():
                tell("{model} is a base model: it continues texts and was never taught to answer.", model=self._spec)

    def _tell(self, answer: Answer, text: str, *, aloud: bool) -> Answer:
        """What the answer itself does not say."""
        for fact in self.conversation.noticed if aloud else ():
            tell("  (remembered: {text}; /forget {number} forgets it)", text=fact.text, number=fact.id)
        if aloud and answer.question != nfc(text).strip():
            words = translate("(searched for: {words})", words=answer.question)
            tell("  {words}", words=words)
        return answer
