"""The first hits are read again by a reranker, within a time budget, and its score is mixed with the search's own."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from langchain_core.documents import Document

from ondol.device import usable_cores
from ondol.errors import BackendError, OndolError, UsageError
from ondol.library.embedding_text import embedding_text
from ondol.rerankers.contract import Reranker

TOP = 8
"""Hits that are read: 95.5 % of 1,610 Korean questions have their passage among the first 8, 96.3 % among 10."""
BLEND = 0.5
"""0.4 to 0.6 are equally good on the validation part of recipes/reranker; at 1.0 that reranker is worse than search."""
WORTHWHILE = 2
"""Fewer than two scores order nothing."""
FORGET = 0.8
"""What the known pace is multiplied with when it forbade to read: a machine that was busy once is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RerankConfig:
    """How many hits are read again, for how long, and what that counts."""

    top: int = TOP
    budget_ms: float | None = None
    """Wall time for reading. Hits are read in small batches; none is begun that would, at the pace of the last one,
    end too late. None reads all."""
    blend: float = BLEND
    """0 keeps the search's order, 1 takes the reranker's; a weak reranker helps most in between."""

    def __post_init__(self) -> None:
        if self.top < 1:
            raise UsageError("{top} hits cannot be reranked; 1 is the least.", hint="Raise the number.", top=self.top)
        if self.budget_ms is not None and not self.budget_ms > 0:
            raise UsageError(
                "The time for reranking is {budget} ms; it must be more than 0.",
                hint="Leave the budget out to read all, or the reranker out to read none.", budget=self.budget_ms,
            )  # fmt: skip
        if not 0 <= self.blend <= 1:
            raise UsageError(
                "The reranker's share is {blend}; it lies between 0 and 1.", hint="0.5 counts both alike.",
                blend=self.blend,
            )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Reranked:
    """What the reranker did for one query."""

    read: int
    """Hits it scored; they stand first."""
    wanted: int
    cut: bool
    """True when the budget ended before all wanted hits were read; those left keep their order behind the others."""
    ms: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def rerank_hits(
    query: str, hits: Sequence[Document], reranker: Reranker, *, config: RerankConfig | None = None
) -> tuple[list[Document], Reranked]:
    """Order the first hits by (1 − blend) · search + blend · reranker, both standardised over the hits read.

    The reranker is given title, headings and text, as the embedder was. Scores of search are `metadata["score"]`; those
    of the reranker are written to `metadata["rerank_score"]` of copies, and `rank` is counted again.

    Raises:
        OndolError: the reranker failed.
    """
    config = config or RerankConfig()
    start = time.perf_counter()
    head = hits[: config.top] if min(config.top, len(hits)) >= WORTHWHILE else []
    scores: list[float] = []
    for batch in _batches(head, reranker, start, config.budget_ms):
        scores += _score(reranker, query, batch)
    if len(scores) < WORTHWHILE:
        scores = []
    read = [
        hit.model_copy(update={"metadata": {**hit.metadata, "rerank_score": score}})
        for hit, score in zip(head, scores, strict=False)
    ]
    ordered = [*_order(read, scores, config.blend), *hits[len(read) :]]
    ranked = [hit.model_copy(update={"metadata": {**hit.metadata, "rank": n}}) for n, hit in enumerate(ordered, 1)]
    ms = round(1000 * (time.perf_counter() - start), 2)
    return ranked, Reranked(read=len(read), wanted=len(head), cut=len(read) < len(head), ms=ms)


def _batches(
    head: Sequence[Document], reranker: Reranker, start: float, budget_ms: float | None
) -> Iterator[Sequence[Document]]:
    """All hits at once without a budget, else as many together as there are cores, while there is time."""
    if budget_ms is None:
        yield from filter(None, [head])
        return
    size = max(WORTHWHILE, usable_cores())
    for place in range(0, len(head), size):
        batch = head[place : place + size]
        begun = time.perf_counter()
        if 1000 * (begun - start) + len(batch) * (reranker.pace_ms or 0) > budget_ms:
            if not place:
                reranker.pace_ms = (reranker.pace_ms or 0) * FORGET
            return
        yield batch
        reranker.pace_ms = 1000 * (time.perf_counter() - begun) / len(batch)


def _score(reranker: Reranker, query: str, hits: Sequence[Document]) -> list[float]:
    texts = [
        embedding_text(hit.metadata.get("title") or "", hit.metadata.get("heading") or "", hit.page_content)
        for hit in hits
    ]
    try:
        scores = reranker.score(query, texts)
    except OndolError:
        raise
    except Exception as error:  # a reranker may be anybody's
        raise BackendError(
            "The reranker failed: {reason}", hint="Search without it, or open it alone to see more.",
            reason=str(error) or type(error).__name__,
        ) from error  # fmt: skip
    if len(scores) != len(texts) or not all(math.isfinite(score) for score in scores):
        raise BackendError(
            "The reranker gave {scores} for {count} texts; one finite number each is wanted.",
            hint="Search without it.", scores=scores, count=len(texts),
        )  # fmt: skip
    return scores


def _order(read: list[Document], scores: list[float], blend: float) -> list[Document]:
    """Equals keep the search's order."""
    search = _standard([float(hit.metadata["score"]) for hit in read])
    mixed = [(1 - blend) * own + blend * other for own, other in zip(search, _standard(scores), strict=True)]
    return [read[place] for place in sorted(range(len(read)), key=lambda place: -mixed[place])]


def _standard(values: list[float]) -> list[float]:
    """Mean 0 and deviation 1; zeros where all are the same."""
    if not values:
        return []
    mean = math.fsum(values) / len(values)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
    return [(value - mean) / deviation if deviation else 0.0 for value in values]
