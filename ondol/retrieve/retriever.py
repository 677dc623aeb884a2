"""The library as a LangChain retriever."""

from __future__ import annotations

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from ondol.library.library import Library
from ondol.retrieve.config import RetrieveConfig
from ondol.retrieve.search import search_library


class LibraryRetriever(BaseRetriever):
    """Documents are chunks, best first; their metadata hold source, page, offsets and score."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    library: Library
    config: RetrieveConfig

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:  # noqa: ARG002
        return search_library(self.library, query, self.config).hits


def make_retriever(library: Library, config: RetrieveConfig | None = None) -> LibraryRetriever:
    return LibraryRetriever(library=library, config=config or RetrieveConfig())
