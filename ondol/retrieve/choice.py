"""From the best chunks to the hits that are shown: merged, read again, spread out, with their neighbours."""

from __future__ import annotations

from typing import Any

from langchain_core.documents import Document

from ondol.library import places
from ondol.library.library import Library
from ondol.rerankers.contract import Reranker
from ondol.retrieve.config import RetrieveConfig
from ondol.retrieve.diversity import diversify
from ondol.retrieve.merging import merge_duplicates
from ondol.retrieve.neighbours import expand_hits
from ondol.retrieve.rerank import Reranked, rerank_hits

TOLD = ("document_id", "source", *places.FIELDS, "start", "end", "score")


class Choice:
    """At most `k` hits with their rank, and what was left out on the way, with the reason."""

    def __init__(
        self, hits: list[Document], library: Library, query: str, config: RetrieveConfig, reranker: Reranker | None
    ) -> None:
        self.hits, self.dropped = hits, list[dict[str, Any]]()
        self.reranked: Reranked | None = None
        if config.merge:
            self._keep(merge_duplicates(self.hits), "says the same as a hit before it")
        if reranker:
            self.hits, self.reranked = rerank_hits(query, self.hits, reranker, config=config.rerank)
        if config.diversity:
            vectors = library.vectors.vectors_of([str(hit.id) for hit in self.hits])
            chosen = diversify(self.hits, vectors, k=config.k, diversity=config.diversity)
            self._keep(chosen, "too near to a hit before it", first=config.k)
        self.hits = self.hits[: config.k]
        self.count = len(self.hits)
        """Hits before neighbours join some of them."""
        if config.neighbours:
            self.hits = expand_hits(self.hits, library, config.neighbours)
        for rank, hit in enumerate(self.hits, 1):
            hit.metadata["rank"] = rank

    @property
    def explained(self) -> dict[str, Any]:
        return {"dropped": self.dropped, **({"rerank": self.reranked.to_json()} if self.reranked else {})}

    def _keep(self, hits: list[Document], reason: str, *, first: int | None = None) -> None:
        """Go on with `hits`; those missing among the `first` ones so far are told."""
        kept = {hit.id for hit in hits}
        self.dropped += [_row(hit, reason) for hit in self.hits[:first] if hit.id not in kept]
        self.hits = hits


def _row(hit: Document, reason: str) -> dict[str, Any]:
    return {**{name: hit.metadata.get(name) for name in TOLD}, "reason": reason}
