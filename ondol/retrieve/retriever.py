"""The library as a LangChain retriever."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from ondol.library.library import Library
from ondol.rerankers.contract import Reranker
from ondol.retrieve.config import RetrieveConfig
from ondol.retrieve.search import Found, search_library


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
