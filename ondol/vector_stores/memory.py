"""`memory`: LangChain's in-memory store; the library keeps it filled in every process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import InMemoryVectorStore

from ondol.vector_stores.contract import Filter, LibraryStore, Matrix, unit

Test = Callable[[Document], bool]


class MemoryStore(InMemoryVectorStore, LibraryStore):
    durable = False

    def add_embedded(self, documents: Sequence[Document], vectors: Matrix, ids: Sequence[str]) -> None:
        for name, document, vector in zip(ids, documents, vectors, strict=True):
            text, metadata = document.page_content, document.metadata
            self.store[name] = {"id": name, "vector": vector.tolist(), "text": text, "metadata": metadata}

    def list_ids(self) -> list[str]:
        return list(self.store)

    def vectors_of(self, ids: Sequence[str]) -> dict[str, Matrix]:
        found = {name: row for name in ids if (row := self.store.get(name))}  # another thread may delete one meanwhile
        if not found:
            return {}
        rows = unit(np.asarray([row["vector"] for row in found.values()], dtype=np.float32))
        return dict(zip(found, rows, strict=True))

    def _similarity_search_with_score_by_vector(
        self, embedding: list[float], k: int = 4, filter: Test | Filter | None = None  # noqa: A002
    ) -> list[tuple[Document, float, list[float]]]:  # fmt: skip
        test = filter if filter is None or callable(filter) else _same_values(filter)
        return super()._similarity_search_with_score_by_vector(embedding, k, test)


def open_memory(embeddings: Embeddings, *, where: Path | None = None, collection: str = "main") -> MemoryStore:  # noqa: ARG001
    """An empty store; `where` and `collection` are taken because every store takes them."""
    return MemoryStore(embeddings)


def _same_values(wanted: Filter) -> Test:
    """Whether a document has these metadata."""
    lists: dict[str, Any] = {name: value if isinstance(value, list) else [value] for name, value in wanted.items()}
    sets = {name: set(values) for name, values in lists.items()}
    return lambda document: all(document.metadata.get(name) in values for name, values in sets.items())
