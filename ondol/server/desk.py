"""Library, reader and model for programs that ask: opened on first use, used by one request at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from functools import cached_property
from typing import Any, Self, TypeVar

from langchain_core.language_models import BaseChatModel

from ondol.answer.answer import Answer
from ondol.answer.ask import ask
from ondol.assemble import open_library, open_model, open_retriever
from ondol.assemble_reading import answering_options, open_default_reader
from ondol.errors import NotFound
from ondol.ingest.add import add_documents
from ondol.library.library import Library
from ondol.readers.contract import Reader
from ondol.rerankers.contract import Reranker
from ondol.retrieve.config import RetrieveConfig
from ondol.retrieve.rerank import RerankConfig
from ondol.retrieve.retriever import LibraryRetriever, make_retriever
from ondol.retrieve.search import Found
from ondol.settings import Settings

T = TypeVar("T")


class Desk:
    """What a server offers of one collection.

    All of it happens in one thread of its own: models answer one question at a time, and whoever serves stays free.
    """

    def __init__(self, settings: Settings, *, options: dict[str, Any] | None = None) -> None:
        self.settings, self._options = settings, options or {}
        self._stack = ExitStack()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ondol")

    def search(self, query: str, *, k: int = 8, mode: str = "hybrid") -> Found:
        return self._do(lambda: self._retriever(k=k, mode=mode).search(query))

    def ask(self, question: str) -> Answer:
        return self._do(lambda: ask(question, self._retriever(), self._model, reader=self._reader))

    def list_sources(self, *, limit: int, offset: int = 0) -> dict[str, Any]:
        """The state of the collection, with `rows` of its sources from `offset` on."""

        def read() -> dict[str, Any]:
            rows = self._library.source_rows()
            return {**self._library.state(), "offset": offset, "rows": rows[offset : offset + limit]}

        return self._do(read)

    def add(self, paths: Sequence[str]) -> dict[str, Any]:
        """As `ondol add`; the collection is made when it is not there yet."""
        return self._do(lambda: asdict(add_documents(self._made(), paths)))

    def close(self) -> None:
        """Let the last request end and give everything back."""
        self._do(self._stack.close)
        self._worker.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _do(self, work: Callable[[], T]) -> T:
        return self._worker.submit(work).result()

    @cached_property
    def _library(self) -> Library:
        return self._stack.enter_context(open_library(settings=self.settings))

    def _made(self) -> Library:
        try:
            return self._library
        except NotFound:
            with open_library(settings=self.settings, create=True):
                return self._library

    @cached_property
    def _reranker(self) -> Reranker | None:
        return self._stack.enter_context(open_retriever(self._library, settings=self.settings)).reranker

    def _retriever(self, **choice: Any) -> LibraryRetriever:
        config = RetrieveConfig(rerank=RerankConfig(budget_ms=self.settings.rerank_ms), **choice)
        return make_retriever(self._library, config, reranker=self._reranker)

    @cached_property
    def _reader(self) -> Reader | None:
        return open_default_reader(self.settings)

    @cached_property
    def _model(self) -> BaseChatModel:
        options = answering_options(self.settings, **self._options)
        model: Any = open_model(self.settings.model, settings=self.settings, **options)
        self._stack.enter_context(model)
        opened: BaseChatModel = model
        return opened
