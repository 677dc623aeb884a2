"""Settings that are compared ("arms"): `dense`, `lexical`, `hybrid`, each also with `+rerank`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ondol.errors import UsageError
from ondol.evaluate.metrics import rank_documents
from ondol.library.library import Library
from ondol.rerankers.contract import Reranker
from ondol.retrieve.config import RetrieveConfig
from ondol.retrieve.search import search_library

RERANK = "+rerank"
DEEPEST = 800
"""Chunks fetched at most to find k documents; long documents fill the first hits with their own chunks."""

Search = Callable[[str], tuple[list[str], float]]
"""Question → document ids, the best first and each once, and the wall milliseconds it took."""


@dataclass(frozen=True, slots=True)
class Arm:
    name: str
    mode: str
    rerank: bool


def parse_arms(text: str) -> list[Arm]:
    """`dense,hybrid+rerank` → arms in that order, each once.

    Raises:
        UsageError: there is none, or nobody knows the mode.
    """
    names = dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip())
    if not names:
        raise UsageError("No setting is named.", hint="Such as: --compare dense,hybrid")
    arms = [Arm(name, name.removesuffix(RERANK), name.endswith(RERANK)) for name in names]
    for arm in arms:
        retrieve_config(arm, k=1)  # which refuses a mode that is none
    return arms


def retrieve_config(arm: Arm, *, k: int) -> RetrieveConfig:
    """The one place that knows how a setting is searched.

    Hits that say the same are kept apart: the judgements may name either document.
    """
    return RetrieveConfig(k=k, mode=arm.mode, merge=False)


def make_search(library: Library, arm: Arm, *, k: int, reranker: Reranker | None = None) -> Search:
    """Search as `ondol search` does, and rank documents by their best chunk.

    More chunks are fetched until k documents are found; the time is that of the first search, which is what a person
    waits for.

    Raises:
        UsageError: the arm reranks and there is no reranker.
    """
    if arm.rerank and reranker is None:
        raise UsageError(
            "The setting '{name}' needs a reranker.", hint="Name one with --reranker, or leave the setting out.",
            name=arm.name,
        )  # fmt: skip

    def search(question: str) -> tuple[list[str], float]:
        fetch, taken = 2 * k, 0.0
        while True:
            start = time.perf_counter()
            config = retrieve_config(arm, k=fetch)
            hits = search_library(library, question, config, reranker=reranker if arm.rerank else None).hits
            taken = taken or 1000 * (time.perf_counter() - start)
            documents = rank_documents([str(hit.metadata["document_id"]) for hit in hits])
            if len(documents) >= k or len(hits) < fetch or fetch >= DEEPEST:
                return documents[:k], taken
            fetch *= 2

    return search
