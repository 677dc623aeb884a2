"""LangChain as the tutorial has it: Chroma in memory and sentence-transformers; hybrid is an ensemble with BM25.

Prefixes by `encode_kwargs` and `query_encode_kwargs`. The tutorial names all-MiniLM-L6-v2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path

from langchain_chroma import Chroma
from langchain_classic.retrievers import EnsembleRetriever
from langchain_community.retrievers import BM25Retriever
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings
from protocol import FETCH, System, serve, whole
from vectors import share_sentence_transformers


class LangChain(System):
    packages = ("langchain-chroma", "chromadb", "langchain-huggingface", "langchain-classic")

    def __init__(self, model: Path, prefixes: dict[str, str]) -> None:
        self._name = model.name
        prompts = {}
        if prefixes:
            prompts = {
                "encode_kwargs": {"prompt": prefixes["passage"]},
                "query_encode_kwargs": {"prompt": prefixes["query"]},
            }
        self._model = HuggingFaceEmbeddings(model_name=str(model), **prompts)
        self._model.embed_query("warm")
        self._names, self._store = (f"collection-{number}" for number in count()), None

    def empty(self) -> None:
        if self._store:
            self._store.delete_collection()
        self._store = self._by_vector = self._both = None

    def share(self, path: Path) -> Callable[[], None]:
        return share_sentence_transformers(path, self._name)

    def add(self, passages: list[dict[str, str]], path: Path) -> None:  # noqa: ARG002
        self._documents = [Document(whole(row), metadata={"id": row["id"]}) for row in passages]
        self._store = Chroma.from_documents(self._documents, self._model, collection_name=next(self._names))
        self._by_vector = self._store.as_retriever(search_kwargs={"k": FETCH})

    def add_lexical(self, passages: list[dict[str, str]]) -> None:  # noqa: ARG002
        by_words = BM25Retriever.from_documents(self._documents, k=FETCH)
        self._both = EnsembleRetriever(retrievers=[by_words, self._by_vector], weights=[0.5, 0.5])

    def search(self, query: str, mode: str) -> Iterable[str]:
        retriever = self._both if mode == "hybrid" else self._by_vector
        return (document.metadata["id"] for document in retriever.invoke(query))


if __name__ == "__main__":
    serve(LangChain)
