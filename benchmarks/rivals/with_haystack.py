"""Haystack's in-memory store with its sentence-transformers embedders; hybrid is BM25 and vectors joined by rank.

Prefixes by `prefix=`. Its default model, all-mpnet-base-v2 (English), is replaced by all-MiniLM-L6-v2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from haystack import Document
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)
from protocol import FETCH, System, serve, whole
from vectors import share_sentence_transformers


class Haystack(System):
    packages = ("haystack-ai", "sentence-transformers-haystack", "sentence-transformers")

    def __init__(self, model: Path, prefixes: dict[str, str]) -> None:
        self._name = model.name
        asked, kept = prefixes.get("query", ""), prefixes.get("passage", "")
        self._embed_query = SentenceTransformersTextEmbedder(model=str(model), prefix=asked, progress_bar=False)
        self._embed = SentenceTransformersDocumentEmbedder(model=str(model), prefix=kept, progress_bar=False)
        self._embed.warm_up()
        self._embed_query.run("warm")
        self.empty()

    def empty(self) -> None:
        self._store = InMemoryDocumentStore(shared=False)
        self._by_vector = InMemoryEmbeddingRetriever(self._store, top_k=FETCH)
        self._by_words = InMemoryBM25Retriever(self._store, top_k=FETCH)
        self._joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=FETCH)

    def share(self, path: Path) -> Callable[[], None]:
        return share_sentence_transformers(path, self._name)

    def add(self, passages: list[dict[str, str]], path: Path) -> None:  # noqa: ARG002
        documents = [Document(id=row["id"], content=whole(row)) for row in passages]
        self._store.write_documents(self._embed.run(documents)["documents"])  # BM25's counts are kept with it

    def search(self, query: str, mode: str) -> Iterable[str]:
        vector = self._embed_query.run(query)["embedding"]
        found = self._by_vector.run(query_embedding=vector)["documents"]
        if mode == "hybrid":
            found = self._joiner.run([self._by_words.run(query=query)["documents"], found])["documents"]
        return (document.id for document in found)


if __name__ == "__main__":
    serve(Haystack)
