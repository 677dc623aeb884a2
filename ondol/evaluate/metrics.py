"""nDCG, recall, MRR and hit rate of one ranking: by definition what trec_eval and ranx compute."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ondol.errors import UsageError

Ranking = Sequence[str]
"""Document ids, the best first, each once."""
Grades = Mapping[str, float]
"""Document → relevance, above 0 is relevant; the rest counts as not relevant."""


def ndcg(ranking: Ranking, grades: Grades, k: int) -> float:
    """Graded gain, discounted by log2(rank + 1), over that of the best possible ranking; 0 to 1.

    The gain is the relevance itself (linear), as trec_eval and ranx's `ndcg` have it, not 2^relevance - 1.

    Source: Järvelin and Kekäläinen, ACM TOIS 2002.
    """
    gains = np.array([max(grades.get(name, 0.0), 0.0) for name in ranking[:k]])
    best = np.sort([grade for grade in grades.values() if grade > 0])[::-1][:k]
    ideal = float(best @ _discounts(len(best)))
    return float(gains @ _discounts(len(gains))) / ideal if ideal else 0.0


def recall(ranking: Ranking, grades: Grades, k: int) -> float:
    """Share of the relevant documents that stand in the first k."""
    wanted = _relevant(grades)
    return len(wanted.intersection(ranking[:k])) / len(wanted) if wanted else 0.0


def mrr(ranking: Ranking, grades: Grades, k: int) -> float:
    """1 / rank of the first relevant document in the first k, else 0."""
    wanted = _relevant(grades)
    return next((1 / rank for rank, name in enumerate(ranking[:k], 1) if name in wanted), 0.0)


def hit(ranking: Ranking, grades: Grades, k: int) -> float:
    """1 when a relevant document stands in the first k, else 0."""
    return float(not _relevant(grades).isdisjoint(ranking[:k]))


METRICS: dict[str, Callable[[Ranking, Grades, int], float]] = {"ndcg": ndcg, "recall": recall, "mrr": mrr, "hit": hit}


def default_metrics(k: int) -> tuple[str, ...]:
    """The metrics that are reported; the first one decides between settings."""
    return f"ndcg@{k}", f"recall@{k}", f"mrr@{k}", "hit@1", "hit@5"


def parse_metric(name: str) -> tuple[str, int]:
    """`ndcg@10` → ("ndcg", 10).

    Raises:
        UsageError: nobody knows it.
    """
    kind, _, depth = name.partition("@")
    if kind not in METRICS or not depth.isdecimal() or int(depth) < 1:
        raise UsageError(
            "No metric is called '{name}'.",
            hint="Known: {known}, each with a depth, such as ndcg@10.",
            name=name, known=", ".join(METRICS),
        )  # fmt: skip
    return kind, int(depth)


def measure(ranking: Ranking, grades: Grades, metrics: Sequence[str]) -> dict[str, float]:
    """Every metric of one ranking; chunks of one document have been put together by `rank_documents`."""
    parsed = {name: parse_metric(name) for name in metrics}
    return {name: METRICS[kind](ranking, grades, depth) for name, (kind, depth) in parsed.items()}


def rank_documents(chunks: Sequence[str]) -> list[str]:
    """Documents by their best chunk; `chunks` holds the document of each chunk, the best chunk first."""
    return list(dict.fromkeys(chunks))


def _relevant(grades: Grades) -> set[str]:
    return {name for name, grade in grades.items() if grade > 0}


def _discounts(count: int) -> NDArray[np.float64]:
    return 1 / np.log2(np.arange(2, count + 2))
