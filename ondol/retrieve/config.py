"""How to search."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from ondol.errors import UsageError
from ondol.library.filters import Filter
from ondol.registry import nearest
from ondol.retrieve.diversity import check_diversity
from ondol.retrieve.neighbours import NeighbourConfig
from ondol.retrieve.rerank import RerankConfig

Mode = Literal["hybrid", "dense", "lexical"]
MODES: tuple[str, ...] = get_args(Mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveConfig:
    """How many chunks to look for, where, and how."""

    k: int = 8
    """Chunks returned, fewer when the library has fewer."""
    mode: str = "hybrid"
    """`dense`: cosine of the question's vector and the chunk's; `lexical`: BM25 of their words; `hybrid`: both."""
    fetch: int = 50
    """Chunks taken from each side before they are put together; at least `k` of them."""
    filter: Filter | None = None
    """Only chunks of sources that fit."""
    diversity: float = 0.0
    """Maximal marginal relevance: 0 takes the best hits, 1 the most different ones among them."""
    merge: bool = True
    """Hits that say the same are shown once, the others named in the `duplicates` of the first."""

    neighbours: NeighbourConfig = field(default_factory=NeighbourConfig)
    """What of a source comes along with a hit; nothing by default."""
    rerank: RerankConfig = field(default_factory=RerankConfig)
    """How a reranker is used, where there is one."""

    def __post_init__(self) -> None:
        if self.k < 1:
            raise UsageError("k is {k}; at least one hit must be asked for.", hint="Raise -k.", k=self.k)
        if self.mode not in MODES:
            close = nearest(self.mode, list(MODES))
            raise UsageError(
                "No search mode is called '{mode}'.",
                hint="Did you mean '{close}'? Known: {known}." if close else "Known: {known}.",
                mode=self.mode, close=close, known=", ".join(MODES),
            )  # fmt: skip
        check_diversity(self.diversity)
