"""Hits that tell different things: maximal marginal relevance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from langchain_core.documents import Document
from numpy.typing import NDArray

from ondol.errors import UsageError

Vector = NDArray[np.float32]


def diversify(
    hits: Sequence[Document], vectors: Mapping[str, Vector], *, k: int, diversity: float = 0.0
) -> list[Document]:
    """Choose `k` hits, each near the question and far from those chosen before it.

    The next hit has the largest (1 − diversity) · relevance − diversity · likeness, both from 0 to 1 among these hits:
    relevance is the score between the lowest and the highest one; likeness is the largest cosine to a chosen hit,
    counted from the mean cosine of two hits, for with e5 even strangers have 0.75.

    Args:
        hits: best first, with `score` in their metadata; take three times `k` or more.
        vectors: of length 1, by the id of the hit; a hit without one is like no other.
        diversity: 0 keeps the order, 1 asks for nothing but difference after the first hit.

    Returns:
        The chosen hits in the order of choice, as copies with a new `rank` and their old `score`.

    Raises:
        UsageError: `diversity` is not from 0 to 1.

    Source: Carbonell and Goldstein, SIGIR 1998; the scaling is ours.
    """
    check_diversity(diversity)
    chosen = list(range(len(hits)))[:k] if diversity == 0 else _choose(hits, vectors, k=k, diversity=diversity)
    return [
        hits[place].model_copy(update={"metadata": {**hits[place].metadata, "rank": rank}})
        for rank, place in enumerate(chosen, 1)
    ]


def check_diversity(diversity: float) -> None:
    """Raises UsageError when it is not from 0 to 1."""
    if not 0 <= diversity <= 1:
        raise UsageError(
            "diversity is {diversity}; it goes from 0 to 1.", hint="0 is off, 0.3 is a good start.", diversity=diversity
        )


def _choose(hits: Sequence[Document], vectors: Mapping[str, Vector], *, k: int, diversity: float) -> list[int]:
    relevance = _relevance(hits)
    likeness = _likeness(hits, vectors)
    left = list(range(len(hits)))
    chosen: list[int] = []
    while left and len(chosen) < k:
        like = likeness[:, chosen].max(axis=1) if chosen else np.zeros(len(hits))
        value = (1 - diversity) * relevance - diversity * like
        best = max(left, key=lambda place: (value[place], -place)) if chosen else 0
        chosen.append(best)
        left.remove(best)
    return chosen


def _relevance(hits: Sequence[Document]) -> NDArray[np.float64]:
    scores = np.asarray([hit.metadata["score"] for hit in hits], dtype=np.float64)
    span = np.ptp(scores) if len(scores) else 0.0
    return (scores - scores.min()) / span if span else np.ones(len(scores))


def _likeness(hits: Sequence[Document], vectors: Mapping[str, Vector]) -> NDArray[np.float64]:
    """(N, N): 0 for hits that are no more alike than two of these are on average, 1 for the same vector."""
    known = [place for place, hit in enumerate(hits) if str(hit.id) in vectors]
    likeness = np.zeros((len(hits), len(hits)))
    if len(known) < 2:
        return likeness
    rows = np.stack([vectors[str(hits[place].id)] for place in known]).astype(np.float64)
    cosines = rows @ rows.T
    mean = cosines[~np.eye(len(known), dtype=bool)].mean()
    scaled = np.clip((cosines - mean) / max(1 - mean, 1e-9), 0, 1)
    likeness[np.ix_(known, known)] = scaled
    return likeness
