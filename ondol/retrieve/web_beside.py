"""The library, and the web beside it."""

from __future__ import annotations

from dataclasses import replace

from langchain_core.documents import Document

from ondol.library.rows import Place
from ondol.retrieve.retriever import LibraryRetriever
from ondol.retrieve.search import Found
from ondol.retrieve.web import WebRetriever, number_hits


class LibraryAndWeb(LibraryRetriever):
    """Chunks of the library and passages of web pages as one list; each side keeps its own order."""

    web: WebRetriever

    def search(self, query: str, *, k: int = 0) -> Found:
        """As `LibraryRetriever.search`, with the web's passages where they are nearer than the next chunk."""
        found = super().search(query, k=k)
        return replace(found, hits=number_hits(self._merged(query, found.hits, self.web.invoke(query))))

    def place_of(self, document_id: str, offset: int) -> Place:
        web = self.web.knows(document_id)
        return self.web.place_of(document_id, offset) if web else super().place_of(document_id, offset)

    def _merged(self, query: str, own: list[Document], others: list[Document]) -> list[Document]:
        missing = [hit for hit in own if hit.metadata.get("cosine") is None]  # a search by words does not know them
        if missing:
            vector, names = self.library.embeddings.embed_query(query), [str(hit.id) for hit in missing]
            cosines = self.library.vectors.cosines(vector, names)
            for hit in missing:
                hit.metadata["cosine"] = cosines.get(str(hit.id), 0.0)
        sides, merged = [list(own), list(others)], list[Document]()
        while all(sides):
            nearer = max(sides, key=lambda side: float(side[0].metadata["cosine"]))
            merged.append(nearer.pop(0))
        return [*merged, *sides[0], *sides[1]]
