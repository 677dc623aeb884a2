"""LlamaIndex's `VectorStoreIndex` and retriever; hybrid is its BM25 retriever and vectors fused by rank.

Prefixes by `query_instruction=` and `text_instruction=`. Its default model (OpenAI; BAAI/bge-small-en-v1.5 on one's own
machine) is replaced by all-MiniLM-L6-v2. Passages of more than 1,024 tokens are split, as it does by default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.llms import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.retrievers.bm25 import BM25Retriever
from protocol import FETCH, System, serve, whole
from vectors import share_sentence_transformers


class LlamaIndex(System):
    packages = ("llama-index-core", "llama-index-embeddings-huggingface", "llama-index-retrievers-bm25")

    def __init__(self, model: Path, prefixes: dict[str, str]) -> None:
        self._name = model.name
        self._model = HuggingFaceEmbedding(
            str(model), query_instruction=prefixes.get("query"), text_instruction=prefixes.get("passage")
        )
        self._model.get_query_embedding("warm")

    def empty(self) -> None:
        self._index = self._by_vector = self._fused = None

    def share(self, path: Path) -> Callable[[], None]:
        return share_sentence_transformers(path, self._name)

    def add(self, passages: list[dict[str, str]], path: Path) -> None:  # noqa: ARG002
        documents = [Document(id_=row["id"], text=whole(row)) for row in passages]
        self._index = VectorStoreIndex.from_documents(documents, embed_model=self._model)
        self._by_vector = self._index.as_retriever(similarity_top_k=FETCH)

    def add_lexical(self, passages: list[dict[str, str]]) -> None:  # noqa: ARG002
        nodes = list(self._index.docstore.docs.values())
        by_words = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=FETCH, verbose=False)
        self._fused = QueryFusionRetriever(
            [self._by_vector, by_words], mode="reciprocal_rerank", similarity_top_k=FETCH,
            num_queries=1, use_async=False, llm=MockLLM(),  # one query: the question itself, no model writes others
        )  # fmt: skip

    def search(self, query: str, mode: str) -> Iterable[str]:
        retriever = self._fused if mode == "hybrid" else self._by_vector
        return (hit.node.ref_doc_id for hit in retriever.retrieve(query))


if __name__ == "__main__":
    serve(LlamaIndex)
