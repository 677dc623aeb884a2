"""A question goes in, the best chunks come out, with the time each step took."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from langchain_core.documents import Document

from ondol.lang import detect_language, nfc
from ondol.library import places
from ondol.library.library import Library
from ondol.rerankers.contract import Reranker
from ondol.retrieve.candidates import Candidate, Question, gather
from ondol.retrieve.choice import Choice
from ondol.retrieve.config import RetrieveConfig
from ondol.retrieve.fuse import WEIGHTS, fuse
from ondol.retrieve.prior import question_prior

SPARE = 3
"""Times `k` hits are ordered by diversity or merged, so that `k` are left."""
FIELDS = ("rank", "score", "document_id", "source", "title", *places.FIELDS, "start", "end", "heading")
SIDES = ("cosine", "prior", "lift", "bm25", "words", "exact", "found_by", "rerank_score")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Hits of one query, best first, and wall milliseconds without start-up."""

    query: str
    mode: str
    hits: list[Document]
    """Chunks; `page_content` is the slice of the source, the metadata say where it stands and how it scored."""
    ms: dict[str, float]
    explained: dict[str, Any] = field(default_factory=dict)
    """What the question was taken for, and the chunks that were left out with the reason."""

    def to_json(self, *, explain: bool = False) -> dict[str, Any]:
        rows = [{**hit_row(hit), **(side_row(hit) if explain else {})} for hit in self.hits]
        head = {"query": self.query, "mode": self.mode, "hits": rows, "ms": self.ms}
        return {**head, "explain": self.explained} if explain else head


def hit_row(hit: Document) -> dict[str, Any]:
    """A hit as the commands print it."""
    more = {"duplicates": hit.metadata["duplicates"]} if hit.metadata.get("duplicates") else {}
    return {**{name: hit.metadata[name] for name in FIELDS}, "text": hit.page_content, **more}


def side_row(hit: Document) -> dict[str, Any]:
    """What each side knew of a hit."""
    return {name: hit.metadata[name] for name in SIDES if name in hit.metadata}


def search_library(
    library: Library, query: str, config: RetrieveConfig | None = None, *, reranker: Reranker | None = None
) -> Found:
    """Find the chunks of `library` that fit `query` best.

    Chunks whose source was removed a moment ago are passed over, and more are fetched in their place.

    Args:
        reranker: reads the first hits again (`config.rerank`).

    Raises:
        NotFound: no source fits the filter.
        OtherAnalyser: the word index is of another version; mode `dense` does without it.
    """
    config = config or RetrieveConfig()
    clock = _Clock()
    work = _Search(library, nfc(query), config, clock)
    wanted = config.k * SPARE if config.diversity or config.merge else config.k
    fetch = max(config.fetch, wanted)
    while True:
        scored, more = work.run(fetch)
        hits = library.live_chunks(scored[: wanted + 1])  # each is cut from a text, which may be long
        if len(hits) <= wanted < len(scored):
            hits = library.live_chunks(scored)
        if len(hits) < wanted and more:
            fetch *= 2
            continue
        for hit in hits:
            hit.metadata.update(work.known.get(str(hit.id), {}))
        chosen = Choice(hits[:wanted], library, work.query, config, reranker)
        if chosen.count >= config.k or (not more and len(hits) <= wanted):
            break
        wanted, fetch = 2 * wanted, max(fetch, 4 * wanted)  # most of them were copies
    times = clock.read() | ({"rerank": chosen.reranked.ms} if chosen.reranked else {})
    explained = {**work.explained, **chosen.explained}
    return Found(query=work.query, mode=config.mode, hits=chosen.hits, ms=times, explained=explained)


class _Clock:
    """Wall time, that of embedding apart."""

    def __init__(self) -> None:
        self._start, self._embedding = time.perf_counter(), 0.0

    def embed(self, call: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = call()
        self._embedding += time.perf_counter() - start
        return result

    def read(self) -> dict[str, float]:
        total = time.perf_counter() - self._start
        times = {"embed": self._embedding, "search": total - self._embedding, "total": total}
        return {name: round(1000 * seconds, 2) for name, seconds in times.items()}


class _Search:
    """One query, prepared once and run with as many candidates as are needed."""

    def __init__(self, library: Library, query: str, config: RetrieveConfig, clock: _Clock) -> None:
        self.library, self.query, self.config = library, query, config
        self.known: dict[str, dict[str, Any]] = {}
        """Chunk id → what goes into the hit's metadata."""
        self.explained: dict[str, Any] = {}
        self._documents = library.filter(config.filter) if config.filter else None
        self._run = {"dense": self._dense, "lexical": self._lexical, "hybrid": self._hybrid}[config.mode]
        if config.mode != "lexical":
            self._vector = clock.embed(lambda: np.asarray(library.embeddings.embed_query(query), dtype=np.float32))
        if config.mode == "hybrid":
            self._language = detect_language(query)
            self._prior = clock.embed(lambda: question_prior(library, self._language))
        if config.mode != "dense":
            self._terms = library.words.analyse(query)
            self.explained = {"terms": {**self._terms.by_field(), "phrases": self._terms.phrases}}

    def run(self, fetch: int) -> tuple[list[tuple[str, float]], bool]:
        """Ids and scores, best first, and whether a larger `fetch` could find more."""
        return self._run(fetch)

    def _dense(self, fetch: int) -> tuple[list[tuple[str, float]], bool]:
        chosen = None if self._documents is None else {"document_id": self._documents}
        scored = self.library.vectors.nearest(self._vector.tolist(), fetch, filter=chosen)
        self.known = {name: {"cosine": score} for name, score in scored}
        return scored, len(scored) >= fetch

    def _lexical(self, fetch: int) -> tuple[list[tuple[str, float]], bool]:
        scored = self.library.words.search(self._terms, fetch, document_ids=self._documents)
        self.known = {name: {"bm25": score} for name, score in scored}
        return scored, len(scored) >= fetch

    def _hybrid(self, fetch: int) -> tuple[list[tuple[str, float]], bool]:
        question = Question(
            text=self.query, language=self._language, vector=self._vector, prior=self._prior, terms=self._terms
        )
        candidates, more = gather(self.library, question, fetch, damping=WEIGHTS.prior, document_ids=self._documents)
        self.known = {candidate.id: _sides(candidate) for candidate in candidates}
        typical, _ = self.library.vectors.background(self._vector.tolist())
        terms = self._terms.count
        scored = [(candidate.id, fuse(candidate, terms=terms, room=1 - typical)) for candidate in candidates]
        return sorted(scored, key=lambda row: -row[1]), more


def _sides(candidate: Candidate) -> dict[str, Any]:
    return {
        "cosine": candidate.cosine,
        "bm25": candidate.bm25,
        "words": candidate.share,
        "exact": candidate.exact,
        "prior": candidate.prior,
        "lift": candidate.lift,
        "found_by": list(candidate.found_by),
    }
