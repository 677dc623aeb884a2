"""Which passages a question finds, and those that it finds wrongly: hard negatives, and figures of retrieval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Embed = Callable[[Sequence[str], Literal["query", "passage"]], Matrix]
"""N texts → (N, H), rows of length 1: `TextEmbeddings.embed_array`."""
BLOCK = 256
"""Questions that are compared at once."""


def mine_negatives(
    pairs: Sequence[tuple[str, str]],
    passages: Sequence[str],
    embed: Embed,
    *,
    per_question: int = 1,
    margin: float = 0.05,
) -> list[list[str]]:
    """For each question the passages nearest to it that are not its own, at least `margin` (cosine) below its own.

    The margin leaves out passages that may answer too. A passage that is right for another row of the same question
    is never taken.

    Args:
        pairs: question and its right passage.

    Source: Moreira et al. 2024, NV-Retriever (negatives chosen against the score of the right one).
    """
    if not pairs or not passages or per_question < 1:
        return [[] for _ in pairs]
    known = list(dict.fromkeys(passages))
    right: dict[str, set[str]] = {}
    for question, passage in pairs:
        right.setdefault(question, set()).add(passage)
    table = embed(known, "passage")
    own = embed([passage for _, passage in pairs], "passage")
    asked = embed([question for question, _ in pairs], "query")
    found: list[list[str]] = []
    for start in range(0, len(pairs), BLOCK):
        part = slice(start, start + BLOCK)
        limits = (asked[part] * own[part]).sum(1) - margin
        for (question, _), scores, limit in zip(pairs[part], asked[part] @ table.T, limits, strict=True):
            order = (known[place] for place in np.argsort(-scores, kind="stable") if scores[place] <= limit)
            chosen = (passage for passage in order if passage not in right[question])
            found.append([passage for passage, _ in zip(chosen, range(per_question), strict=False)])
    return found


def measure_retrieval(
    pairs: Sequence[tuple[str, str]], passages: Sequence[str], embed: Embed
) -> dict[str, list[float]]:
    """recall@1, mrr@10 and ndcg@10 for each pair, its own passage being the only right one among `passages`.

    A passage that scores the same as the right one counts as before it.
    """
    known = list(dict.fromkeys([*passages, *(passage for _, passage in pairs)]))
    if not pairs:
        return {"recall@1": [], "mrr@10": [], "ndcg@10": []}
    place = {passage: number for number, passage in enumerate(known)}
    scores = embed([question for question, _ in pairs], "query") @ embed(known, "passage").T
    own = scores[np.arange(len(pairs)), [place[passage] for _, passage in pairs]]
    ranks = (scores >= own[:, None]).sum(1)
    return {
        "recall@1": [float(rank == 1) for rank in ranks],
        "mrr@10": [float(1 / rank) if rank <= 10 else 0.0 for rank in ranks],
        "ndcg@10": [float(1 / np.log2(rank + 1)) if rank <= 10 else 0.0 for rank in ranks],
    }
