"""What a server holds open, lent to requests that come at the same time."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from langchain_core.language_models import BaseChatModel

from ondol.answer.answer import Answer, Thought
from ondol.answer.ask import stream_answer
from ondol.assemble import open_embeddings, open_library, open_model, open_reranker
from ondol.assemble_reading import answering_options, open_default_reader
from ondol.device import usable_cores
from ondol.embeddings.contract import TextEmbeddings
from ondol.errors import OndolError, UsageError
from ondol.lang import nfc
from ondol.lexical.morphemes import end_without_particles
from ondol.library.library import Library
from ondol.prompts.load import open_prompts
from ondol.readers.contract import Reader
from ondol.rerankers.contract import Reranker
from ondol.retrieve.config import RetrieveConfig
from ondol.retrieve.rerank import RerankConfig
from ondol.retrieve.retriever import LibraryRetriever, make_retriever
from ondol.server.offers import PLAIN, check_offered, find_offer
from ondol.server.queue import Queue
from ondol.server.shelf import Shelf
from ondol.server.uploads.keep import sweep_incoming
from ondol.settings import Settings, load_settings, setting_names

if TYPE_CHECKING:
    from ondol.server.api.page_process import PageProcesses
    from ondol.server.api.undo import Removals
    from ondol.server.jobs.store import JobStore

MODELS, LIBRARIES = 2, 4
"""Chat models and collections that stay open."""
LAST_ANSWERS_S = 1.0
"""How long `close` waits for answers that are being written."""
ONE_AT_A_TIME = ("hf",)
"""Runtimes whose models answer one call at a time."""


class Engine:
    """Thread-safe: SQLite's connections, tantivy, faiss and ONNX sessions are built to be shared by threads that read;
    parts are opened by one of them, and whoever writes holds the library's own lock.
    """

    def __init__(
        self, settings: Settings, *, options: dict[str, Any] | None = None, parallel: int = 4, waiting: int = 128,
        answer_s: float = 600.0,
    ) -> None:  # fmt: skip
        """
        Args:
            options: of the settings' model, as `open_model` takes them.
            parallel: slots of llama.cpp's models. One answer more has its turn: it is read in and waits there, so that
                a slot that becomes free has work at once.
            waiting, answer_s: as `Queue` takes them.
        """
        self.settings, self._options, self.parallel = settings, dict(options or {}), parallel
        self.adapter: str | None = self._options.pop("adapter", None)
        """Of the settings' model, where one was asked for; "" is none."""
        self.queue = Queue(turns=parallel + 1, waiting=waiting, answer_s=answer_s)
        self.stopping = threading.Event()
        """Set when the server is to end: what watches something for a client ends then."""
        self.searchers = ThreadPoolExecutor(usable_cores(), thread_name_prefix="search")
        """As many as there are cores: with 40 at once on two, a search takes twice the time of a processor, since they
        wait for the interpreter's lock in turn, and the server never catches up.
        """
        self._models, self._libraries = Shelf[_Model](MODELS), Shelf[Library](LIBRARIES)
        self._kept: dict[tuple[str, str], Any] = {}
        self._keeping = threading.Lock()
        self._first: dict[str, threading.Lock] = {}

    @cached_property
    def jobs(self) -> JobStore:
        from ondol.server.jobs.store import JobStore

        return JobStore(self.settings.home)

    @cached_property
    def pages(self) -> PageProcesses:
        from ondol.server.api.page_process import PageProcesses

        return PageProcesses(self.stopping)

    @cached_property
    def removals(self) -> Removals:
        from ondol.server.api.undo import Removals

        return Removals(self.settings.home)

    def change(self, **values: Any) -> None:
        """Other settings for this process, checked as those of a file; what is kept on the disk stays as it is.

        Raises:
            UsageError: a name or value that no setting has.
            NotFound: the model is none of those that are offered.
        """
        fixed = sorted(set(values) & {"home", "offline", "dictionary"})
        if fixed:
            raise UsageError("{names} cannot be changed while the server runs.", names=", ".join(fixed))
        if "model" in values:
            check_offered(self.settings, str(values["model"]), None)
        now = {name: getattr(self.settings, name) for name in setting_names()}
        changed = load_settings(**{**now, **values})
        origin = {**self.settings.origin, **dict.fromkeys(values, "argument")}
        self.settings = replace(changed, origin=origin)

    @contextmanager
    def library(self, collection: str | None = None, *, create: bool = False) -> Iterator[Library]:
        """A collection, the settings' when none is named; `create` makes it.

        Raises:
            NotFound: it does not exist and `create` is False.
        """
        name = nfc(collection or self.settings.collection)
        settings = replace(self.settings, collection=name)
        with self._libraries.lend(name, lambda: open_library(settings=settings, create=create)) as library:
            yield library

    @contextmanager
    def retriever(self, collection: str | None, config: RetrieveConfig) -> Iterator[LibraryRetriever]:
        """The collection with the settings' reranker; raises as `library`."""
        with self.library(collection) as library:
            with self._first.setdefault(library.name, threading.Lock()):  # one thread opens the parts
                _ = library.embeddings, library.vectors, library.words
            yield make_retriever(library, config, reranker=self._reranker())

    @contextmanager
    def model(self, spec: str | None = None, adapter: str | None = None) -> Iterator[BaseChatModel]:
        """A chat model, lent: it is not closed before it is given back.

        Args:
            spec: one of those that are offered; the settings' when not given.
            adapter: the name of a run; "none" for none; None for what the settings take to answer from documents.

        Raises:
            NotFound: model or adapter is none of those that are offered.
            Busy: all that may be open are in use.
        """
        if spec is not None or adapter is not None:
            check_offered(self.settings, spec or self.settings.model, adapter)
        settings = replace(self.settings, model=spec or self.settings.model)
        options = self._model_options(settings, adapter)
        key = (settings.model, json.dumps(options, sort_keys=True, default=str))
        with self._models.lend(key, lambda: _Model(settings, options)) as opened, opened.turn:
            yield opened.model

    def answer(self, question: str, collection: str | None = None) -> Iterator[str | Thought | Answer]:
        """A question by itself, answered as the settings say; raises as `retriever`, `model` and `ask`."""
        with self.retriever(collection, self.searching()) as retriever, self.model() as model:
            yield from stream_answer(
                question, retriever, model, reader=self.reader(), threshold=self.settings.threshold,
                prompts=open_prompts(self.settings.home),
            )  # fmt: skip

    def searching(self, **choice: Any) -> RetrieveConfig:
        """How the settings say to search, besides what is chosen."""
        return RetrieveConfig(rerank=RerankConfig(budget_ms=self.settings.rerank_ms), **choice)

    def tidy(self) -> None:
        """Delete what a server that was killed has left: uploads that broke off, removals that are over."""
        sweep_incoming(self.settings.home)
        self.removals.sweep()

    def warm(self) -> None:
        """Open what the first question needs, Korean morphemes where texts are Korean; what fails is told when it is
        asked.
        """
        with suppress(OndolError), self.retriever(None, RetrieveConfig()) as retriever:
            retriever.search("ondol")
            if self.reader() and "ko" in retriever.library.languages.sample(1):
                end_without_particles("온돌은", 0, 3)

    def embedder(self, spec: str | None = None) -> TextEmbeddings:
        """An embedder, which stays open; raises NotFound when it is none of those that are offered."""
        offer = find_offer(self.settings, spec or self.settings.embeddings, kind="embeddings")
        found: TextEmbeddings = self._keep("embeddings", offer.spec, open_embeddings)
        return found

    def reader(self) -> Reader | None:
        """The reader that the settings name, which stays open; None where they name none, or its base is not here."""
        found: Reader | None = self._keep(
            "reader", self.settings.reader, lambda _, settings: open_default_reader(settings)
        )
        return found

    def forget(self, collection: str) -> None:
        """Close a collection, because it is removed or made anew; waits for those who use it, so give it back first."""
        self._libraries.drop(nfc(collection))

    def forget_models(self) -> None:
        """Close the chat models as soon as nobody uses them: their files have changed or the memory is needed."""
        self._models.drop_where(lambda _: True)

    def stop(self) -> None:
        """Begin nothing any more; what runs goes on until `queue.cut` or `close`."""
        self.stopping.set()
        self.queue.close()

    def close(self) -> None:
        """Cut what is still being written, and close everything."""
        self.stop()
        self.queue.cut()
        self.searchers.shutdown(wait=False, cancel_futures=True)
        self._models.close(wait_s=LAST_ANSWERS_S, cut=True)
        self._libraries.close(wait_s=1)
        for part in (*self._kept.values(), *(self.__dict__.get(name) for name in ("pages", "removals", "jobs"))):
            if hasattr(part, "close"):
                part.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _model_options(self, settings: Settings, adapter: str | None) -> dict[str, Any]:
        """What was given for the runtime at the start, the adapter, and slots on llama.cpp."""
        same = settings.model.partition(":")[0] == self.settings.model.partition(":")[0]
        options = dict(self._options) if same else {}
        if settings.model.startswith("llama.cpp:"):
            options.setdefault("parallel", self.parallel)
        asked = self.adapter if adapter is None else adapter
        if asked is None:
            return answering_options(settings, **options)
        return options if asked in ("", PLAIN) else {**options, "adapter": asked}

    def _reranker(self) -> Reranker | None:
        spec = self.settings.reranker
        found: Reranker | None = self._keep("reranker", spec, open_reranker) if spec not in ("", "none") else None
        return found

    def _keep(self, kind: str, spec: str, open_: Any) -> Any:
        with self._keeping:
            if (kind, spec) not in self._kept:
                opened = open_(spec, settings=self.settings)
                if opened is None:
                    return None
                self._kept[kind, spec] = opened
            return self._kept[kind, spec]


class _Model:
    """An open chat model, and who may call it."""

    def __init__(self, settings: Settings, options: dict[str, Any]) -> None:
        self.model = open_model(settings.model, settings=settings, **options)
        alone = settings.model.partition(":")[0] in ONE_AT_A_TIME
        self.turn: AbstractContextManager[Any] = threading.Lock() if alone else nullcontext()

    def close(self) -> None:
        if hasattr(self.model, "close"):
            self.model.close()
