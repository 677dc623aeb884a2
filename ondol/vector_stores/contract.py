"""What ondol needs of a vector store beyond LangChain's `VectorStore`."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from langchain_core.documents import Document
from langchain_core.vectorstores import VectorStore


class LibraryStore(VectorStore):
    """A LangChain vector store that can be searched by vector and compared with the library.

    Writes are durable when `add_documents` and `delete` return. Scores are cosines, higher is better.
    """

    durable: ClassVar[bool] = True
    """False when a new process finds it empty."""

    @abstractmethod
    def similarity_search_with_score_by_vector(
        self, embedding: list[float], k: int = 4, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """The `k` nearest documents with their cosine, best first."""

    @abstractmethod
    def list_ids(self) -> list[str]:
        """Every id in the store, in no particular order."""

    def find_damage(self) -> str:
        """Why what is stored cannot be read, empty when it can; reads everything."""
        return ""

    def close(self) -> None:
        """Release files; the store is not used afterwards."""
