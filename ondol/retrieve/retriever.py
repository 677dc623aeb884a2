"""The library as a LangChain retriever."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol, Self, runtime_checkable

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from ondol.embeddings.contract import TextEmbeddings
from ondol.library.library import Library
from ondol.library.rows import Place
from ondol.rerankers.contract import Reranker
from ondol.retrieve.config import RetrieveConfig
from ondol.retrieve.search import Found, search_library


@runtime_checkable
class PlacedRetriever(Protocol):
    """A retriever that tells its embedder, and where in a document an offset stands: what citations need."""

    @property
    def embeddings(self) -> TextEmbeddings: ...

    def place_of(self, document_id: str, offset: int) -> Place: ...


class LibraryRetriever(BaseRetriever):
    """Documents are chunks, best first; their metadata hold source, page, offsets and score."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    library: Library
    config: RetrieveConfig
    reranker: Reranker | None = None

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:  # noqa: ARG002
        return self.search(query).hits

    def search(self, query: str, *, k: int = 0) -> Found:
        """As `search_library`, with another `k` when it is given."""
        config = replace(self.config, k=k) if k else self.config
        return search_library(self.library, query, config, reranker=self.reranker)

    @property
    def embeddings(self) -> TextEmbeddings:
        return self.library.embeddings

    def place_of(self, document_id: str, offset: int) -> Place:
        """As `Library.place_of`."""
        return self.library.place_of(document_id, offset)

    def close(self) -> None:
        """Close the reranker; the library is its owner's."""
        if self.reranker:
            self.reranker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def make_retriever(
    library: Library, config: RetrieveConfig | None = None, *, reranker: Reranker | None = None
) -> LibraryRetriever:
    return LibraryRetriever(library=library, config=config or RetrieveConfig(), reranker=reranker)
