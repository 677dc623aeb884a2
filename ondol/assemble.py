"""Settings → live parts: the only file that opens things by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cached_property
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ondol.embeddings import EMBEDDINGS
from ondol.errors import UsageError
from ondol.model_store.store import ModelStore, Row
from ondol.models import MODELS
from ondol.progress import Progress, Silent
from ondol.registry import resolve, split_spec
from ondol.rerankers import RERANKERS
from ondol.settings import Settings, load_settings
from ondol.vector_stores import VECTOR_STORES

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from langchain_core.language_models import BaseChatModel

    from ondol.answer.answer import Answer
    from ondol.embeddings.contract import TextEmbeddings
    from ondol.ingest.report import AddReport
    from ondol.library.library import Library
    from ondol.readers.contract import Reader
    from ondol.rerankers.contract import Reranker
    from ondol.retrieve.config import RetrieveConfig
    from ondol.retrieve.retriever import LibraryRetriever
    from ondol.vector_stores.contract import LibraryStore


def open_model_store(settings: Settings) -> ModelStore:
    return ModelStore(settings.home, offline=settings.offline)


def default_models() -> list[str]:
    """Names of the models that `ondol setup` fetches."""
    from ondol.model_store.catalogue import load_catalogue

    return [entry.name for entry in load_catalogue().values() if entry.default]


def pull_model(name: str, *, settings: Settings, progress: Progress | None = None) -> Row:
    """Fetch a model and make it ready to run (an embedder's graph is built now, not at the first question)."""
    store = open_model_store(settings)
    row = store.pull(name, progress=progress or Silent())
    if row["kind"] == "embeddings":
        open_embeddings(f"onnx:{name}", settings=settings, progress=progress)
    if row["kind"] == "reader":
        from ondol.assemble_reading import open_reader

        open_reader(f"onnx:{name}", settings=settings, progress=progress)
    return row


def open_embeddings(spec: str, *, settings: Settings | None = None, progress: Progress | None = None) -> TextEmbeddings:
    """Open an embedder by spec, `onnx:multilingual-e5-small`, `onnx:path/to/folder` or
    `llama.cpp:path/to/file.gguf`.

    Raises:
        NotFound: no such runtime, or the model is not on this machine.
    """
    settings = settings or load_settings()
    runtime, name = split_spec(spec, what="embedder", example="onnx:multilingual-e5-small")
    opener = resolve("ondol.embeddings", EMBEDDINGS, runtime, what="embedding runtime")
    embeddings: TextEmbeddings = opener(
        name, store=open_model_store(settings), threads=settings.threads, progress=progress
    )
    return embeddings


def _check_options(opener: Callable[..., BaseChatModel], runtime: str, options: Mapping[str, Any]) -> None:
    from ondol.models.sampling import Sampling

    own = [name for name in signature(opener).parameters if name not in ("name", "store", "sampling")]
    known = [*own, *Sampling.model_fields]
    for name in options:
        if name not in known:
            close = next(iter(get_close_matches(name, known, n=1, cutoff=0.7)), "")
            raise UsageError(
                "A model of {runtime}: has no option '{name}'.",
                hint="Did you mean '{close}'? Known: {known}." if close else "Known: {known}.",
                runtime=runtime, name=name, close=close, known=", ".join(known),
            )  # fmt: skip


def open_reranker(spec: str, *, settings: Settings | None = None) -> Reranker:
    """Open a reranker by spec, `llama.cpp:path/to/bge-reranker-v2-m3.gguf`, `onnx:path/to/cross-encoder`,
    `likelihood:llama.cpp:gemma-3-270m` (a chat model judges) or `fake:`.

    Raises:
        NotFound: no such runtime, or the model is not on this machine.
    """
    settings = settings or load_settings()
    runtime, name = split_spec(spec, what="reranker", example="llama.cpp:path/to/bge-reranker-v2-m3.gguf")
    opener = resolve("ondol.rerankers", RERANKERS, runtime, what="reranker runtime")
    options: dict[str, Any] = {"store": open_model_store(settings), "threads": settings.threads}
    if "open_model" in signature(opener).parameters:  # it ranks with a chat model, which only this file opens by name
        options["open_model"] = lambda spec: open_model(spec, settings=settings)
    reranker: Reranker = opener(name, **options)
    return reranker


def open_model(spec: str, *, settings: Settings | None = None, **options: Any) -> BaseChatModel:
    """Open a chat model by spec.

    Args:
        spec: `llama.cpp:gemma-3-270m`, `llama.cpp:path/to/file.gguf`, `hf:path/to/folder`,
            `openai:llama3.1@http://127.0.0.1:11434/v1` or `fake:`.
        options: of the runtime (such as `context`), and sampling values that every call starts from.

    Raises:
        NotFound: no such runtime, or the model is not on this machine.
        UsageError: the runtime has no such option.
    """
    settings = settings or load_settings()
    options = {name: value for name, value in options.items() if name != "adapter" or value}
    runtime, name = split_spec(spec, what="chat model", example="llama.cpp:gemma-3-270m")
    opener = resolve("ondol.models", MODELS, runtime, what="model runtime")
    _check_options(opener, runtime, options)
    wanted = {name: getattr(settings, name) for name in ("context", "device", "dtype") if getattr(settings, name)}
    store = open_model_store(settings)
    if options.get("adapter") or options.get("adapters"):
        from ondol.finetune.adapters import take_adapter, take_adapters

        packaged = store.catalogue.get(str(options.get("adapter")))
        if packaged and packaged.kind == "adapter":
            options = {**options, "adapter": str(store.path(packaged.name) / f"{packaged.name}.gguf")}
        options = take_adapters(settings.home, runtime, name, options, known=store.catalogue)
        name, options = take_adapter(settings.home, runtime, name, options, known=store.catalogue)
    model: BaseChatModel = opener(name, store=store, **{"threads": settings.threads, **wanted, **options})
    return model


def open_vector_store(name: str, embeddings: Embeddings, *, where: Path, collection: str = "main") -> LibraryStore:
    """Open a vector store by name, in the folder `where` if it keeps one; `name:address` is one on a server."""
    name, _, address = name.partition(":")
    opener = resolve("ondol.vector_stores", VECTOR_STORES, name, what="vector store")
    more = {"address": address} if address else {}
    store: LibraryStore = opener(embeddings, where=where, collection=collection, **more)
    return store


def open_library(
    home: Path | str | None = None,
    collection: str | None = None,
    *,
    settings: Settings | None = None,
    create: bool = False,
    progress: Progress | None = None,
) -> Library:
    """Open a collection; a new one takes embedder and vector store from the settings, an old one keeps its own.

    Args:
        create: make the collection when it is not there yet.
        progress: told when lost vectors are made again on opening.

    Raises:
        NotFound: the collection does not exist and `create` is False.
        OtherFingerprint: an embedder was asked for by name that is not the collection's.
    """
    from ondol.lexical.dictionary import load_words
    from ondol.lexical.morphemes import Morphemes
    from ondol.library.library import Library

    settings = settings or load_settings(home=home, collection=collection)
    return Library.open(
        settings.home,
        settings.collection,
        create=create,
        progress=progress,
        store=settings.store,
        embeddings=settings.embeddings,
        embeddings_asked=settings.origin.get("embeddings", "default") != "default",
        morphemes=Morphemes(load_words(settings.dictionary, settings.home)),
        open_embeddings=lambda spec: open_embeddings(spec, settings=settings),
        open_store=lambda name, embeddings, where: open_vector_store(
            name, embeddings, where=where, collection=settings.collection
        ),
    )


def open_retriever(
    library: Library, config: RetrieveConfig | None = None, *, settings: Settings | None = None
) -> LibraryRetriever:
    """The library as a retriever, with the reranker that the settings name; closing it closes the reranker."""
    from ondol.retrieve.config import RetrieveConfig
    from ondol.retrieve.rerank import RerankConfig
    from ondol.retrieve.retriever import make_retriever

    settings = settings or load_settings()
    config = config or RetrieveConfig(rerank=RerankConfig(budget_ms=settings.rerank_ms))
    named = settings.reranker not in ("", "none")
    reranker = open_reranker(settings.reranker, settings=settings) if named else None
    return make_retriever(library, config, reranker=reranker)


class Parts:
    """A whole set-up; the model is opened at the first question."""

    def __init__(self, settings: Settings, library: Library, retriever: LibraryRetriever) -> None:
        self.settings, self.library, self.retriever = settings, library, retriever

    @cached_property
    def reader(self) -> Reader | None:
        from ondol.assemble_reading import open_default_reader

        return open_default_reader(self.settings)

    @cached_property
    def model(self) -> BaseChatModel:
        from ondol.assemble_reading import answering_options

        return open_model(self.settings.model, settings=self.settings, **answering_options(self.settings))

    def add(self, *paths: str | Path) -> AddReport:
        """As `add_documents`."""
        from ondol.ingest.add import add_documents

        return add_documents(self.library, [str(path) for path in paths])

    def ask(self, question: str) -> Answer:
        """As `ondol.ask`."""
        from ondol.answer.ask import ask

        return ask(question, self.retriever, self.model, reader=self.reader, threshold=self.settings.threshold)

    def close(self) -> None:
        if "model" in self.__dict__ and hasattr(self.model, "close"):
            self.model.close()
        self.retriever.close()
        self.library.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open(**settings: Any) -> Parts:  # noqa: A001 - people call it as ondol.open()
    """Open everything that the settings name; arguments win over environment and files."""
    chosen = load_settings(**settings)
    library = open_library(settings=chosen, create=True)
    return Parts(chosen, library, open_retriever(library, settings=chosen))
