"""A question goes in, the nearest chunks come out, with the time each step took."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal, get_args

from langchain_core.documents import Document

from ondol.errors import UsageError
from ondol.lang import nfc
from ondol.library.library import Library

Mode = Literal["dense"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveConfig:
    """How many chunks to look for, and how."""

    k: int = 8
    """Chunks returned, fewer when the library has fewer."""
    mode: str = "dense"
    """`dense`: cosine of the question's vector and the chunk's."""

    def __post_init__(self) -> None:
        if self.k < 1:
            raise UsageError("k is {k}; at least one hit must be asked for.", hint="Raise -k.", k=self.k)
        if self.mode not in get_args(Mode):
            raise UsageError("No search mode is called '{mode}'.", hint="Known: dense.", mode=self.mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Hits of one query, best first, and wall milliseconds without start-up."""

    query: str
    mode: str
    hits: list[Document]
    """Chunks; `page_content` is the slice of the source, the metadata say where it stands."""
    ms: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        return {"query": self.query, "mode": self.mode, "hits": [hit_row(hit) for hit in self.hits], "ms": self.ms}


def hit_row(hit: Document) -> dict[str, Any]:
    """A hit as the commands print it."""
    names = ("rank", "score", "document_id", "source", "title", "page", "start", "end", "heading")
    return {**{name: hit.metadata[name] for name in names}, "text": hit.page_content}


def search_library(library: Library, query: str, config: RetrieveConfig | None = None) -> Found:
    """Find the chunks of `library` nearest to `query`.

    Vectors whose chunk is gone (a source removed a moment ago) are passed over, and more are fetched in their place.
    """
    config = config or RetrieveConfig()
    query = nfc(query)
    start = time.perf_counter()
    vector = library.embeddings.embed_query(query)
    embedded = time.perf_counter()
    fetch, hits = config.k, list[Document]()
    while True:
        near = library.vectors.similarity_search_with_score_by_vector(vector, k=fetch)
        hits = library.live_chunks([(str(document.id), score) for document, score in near])[: config.k]
        if len(hits) == config.k or len(near) < fetch:
            break
        fetch *= 2
    done = time.perf_counter()
    for rank, hit in enumerate(hits, 1):
        hit.metadata["rank"] = rank
    times = {"embed": embedded - start, "search": done - embedded, "total": done - start}
    return Found(query=query, mode=config.mode, hits=hits, ms={name: round(1000 * s, 2) for name, s in times.items()})
