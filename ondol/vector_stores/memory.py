"""`memory`: LangChain's in-memory store; the library fills it again in every process."""

from __future__ import annotations

from pathlib import Path

from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import InMemoryVectorStore

from ondol.vector_stores.contract import LibraryStore


class MemoryStore(InMemoryVectorStore, LibraryStore):
    durable = False

    def list_ids(self) -> list[str]:
        return list(self.store)


def open_memory(embeddings: Embeddings, *, where: Path | None = None, collection: str = "main") -> MemoryStore:  # noqa: ARG001
    """An empty store; `where` and `collection` are taken because every store takes them."""
    return MemoryStore(embeddings)
