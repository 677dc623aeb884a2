"""A reranker reads question and text together, which orders better than two vectors and costs a run per text."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Self

from langchain_core.callbacks import Callbacks
from langchain_core.documents import Document
from langchain_core.documents.compressor import BaseDocumentCompressor
from pydantic import Field, PrivateAttr


class Reranker(BaseDocumentCompressor):
    """A LangChain compressor: it works in a ContextualCompressionRetriever as it is."""

    top_n: int | None = Field(default=None, ge=1)
    """Documents that stay; None keeps all."""
    _pace_ms: float | None = PrivateAttr(default=None)

    @property
    def pace_ms(self) -> float | None:
        """Wall milliseconds that a text took when it was last timed; None before."""
        return self._pace_ms

    @pace_ms.setter
    def pace_ms(self, value: float) -> None:
        self._pace_ms = value

    @abstractmethod
    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers the query; higher is better, in the order of `texts`, no fixed range."""

    def compress_documents(
        self,
        documents: Sequence[Document],
        query: str,
        callbacks: Callbacks | None = None,  # noqa: ARG002 - LangChain's signature
    ) -> list[Document]:
        """Copies, the best first, with `relevance_score` in their metadata; equals keep their order."""
        scores = self.score(query, [document.page_content for document in documents])
        ranked = sorted(zip(documents, scores, strict=True), key=lambda row: -row[1])
        return [
            document.model_copy(update={"metadata": {**document.metadata, "relevance_score": score}})
            for document, score in ranked[: self.top_n]
        ]

    def close(self) -> None:
        """Give back what the reranker holds; it is not used afterwards."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
