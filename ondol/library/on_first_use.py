"""An embedder that is opened by the first text it is given."""

from __future__ import annotations

from collections.abc import Callable

from langchain_core.embeddings import Embeddings


class OnFirstUse(Embeddings):
    """Lets a vector store be opened, counted and emptied without loading a model."""

    def __init__(self, open_embeddings: Callable[[], Embeddings]) -> None:
        self._open = open_embeddings

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._open().embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        return self._open().embed_query(text)
