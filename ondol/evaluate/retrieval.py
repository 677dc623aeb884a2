"""Settings of search, measured on questions whose documents are known: metrics with intervals, pairs, times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ondol.errors import UsageError
from ondol.evaluate.arms import Search
from ondol.evaluate.metrics import default_metrics, measure, parse_metric
from ondol.evaluate.qrels import Judged, QuestionSet
from ondol.progress import Progress, Silent
from ondol.scoring.statistics import RESAMPLES, Comparison, Estimate, compare_all, estimate_means


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationConfig:
    """How deep to look and what to measure."""

    k: int = 10
    """Documents that are looked at."""
    resamples: int = RESAMPLES
    """Draws of the bootstrap."""

    def __post_init__(self) -> None:
        if not 1 <= self.k <= 100:
            raise UsageError("k is {k}; 1 to 100 documents can be judged.", hint="Give -k 10.", k=self.k)
        if self.resamples < 100:
            raise UsageError(
                "{count} resamples give no interval; at least 100 are needed.", hint="Leave it at the default.",
                count=self.resamples,
            )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmResult:
    """One setting: means over the questions with intervals, and wall milliseconds of one search."""

    metrics: Mapping[str, Estimate]
    ms: Mapping[str, float]
    """`p50` and `p95`; the first search of all, which opens the model, is not counted."""

    def to_json(self) -> dict[str, Any]:
        return {"metrics": {name: row.to_json() for name, row in self.metrics.items()}, "ms": dict(self.ms)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One setting's answer to one question."""

    found: Sequence[str]
    """Documents, the best first."""
    metrics: Mapping[str, float]
    ms: float

    def to_json(self) -> dict[str, Any]:
        return {"found": list(self.found), "metrics": dict(self.metrics), "ms": round(self.ms, 2)}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionResult:
    """One question: what was expected, and what every setting found."""

    id: str
    question: str
    expected: Sequence[str]
    """Relevant documents, the most relevant first."""
    arms: Mapping[str, Answered]

    def to_json(self) -> dict[str, Any]:
        arms = {name: row.to_json() for name, row in self.arms.items()}
        return {"id": self.id, "question": self.question, "expected": list(self.expected), "arms": arms}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What was measured; the first setting is the one that `metrics` are of."""

    k: int
    set: QuestionSet
    arms: Mapping[str, ArmResult]
    pairs: Sequence[Comparison]
    """Every two settings and every metric."""
    queries: Sequence[QuestionResult]

    @property
    def n(self) -> int:
        return len(self.queries)

    @property
    def main(self) -> str:
        """The metric that decides: nDCG."""
        return default_metrics(self.k)[0]

    def to_json(self, *, queries: bool = False) -> dict[str, Any]:
        """As `--json` prints it; with `queries`, what every setting found for every question too."""
        arms = {name: row.to_json() for name, row in self.arms.items()}
        told: dict[str, Any] = {
            "n": self.n,
            "k": self.k,
            "metrics": next(iter(arms.values()))["metrics"],
            "arms": arms,
            "pairs": [row.to_json() for row in self.pairs],
            "synthetic": self.set.synthetic,
            "unknown_documents": self.set.unknown_documents,
            "left_out": self.set.left_out,
        }
        return told | ({"queries": [row.to_json() for row in self.queries]} if queries else {})


def run_evaluation(
    questions: QuestionSet,
    searches: Mapping[str, Search],
    *,
    config: EvaluationConfig | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Ask every question of every setting.

    The settings take turns on each question, so that a busy moment of the machine is shared among their times.

    Args:
        searches: setting → its search, which gives at least max(k, 5) documents where there are so many.
    """
    config, progress = config or EvaluationConfig(), progress or Silent()
    metrics = default_metrics(config.k)
    if questions.judged:
        for search in searches.values():
            search(questions.judged[0].query.question)
    progress.begin("Searching", len(questions.judged), "questions")
    try:
        rows = []
        for judged in questions.judged:
            rows.append(_ask(judged, searches, metrics))
            progress.advance(1)
    finally:
        progress.end()
    return summarise(questions, rows, list(searches), config)


def summarise(
    questions: QuestionSet, rows: Sequence[QuestionResult], arms: Sequence[str], config: EvaluationConfig
) -> Evaluation:
    """Means, intervals and pairs of what was found.

    Raises:
        UsageError: there is no question, or no setting.
    """
    if not rows or not arms:
        raise UsageError("There is nothing to measure.", hint="Give at least one question and one setting.")
    metrics = default_metrics(config.k)
    values = {arm: np.array([[row.arms[arm].metrics[name] for name in metrics] for row in rows]) for arm in arms}
    results = {}
    for arm in arms:
        p50, p95 = np.percentile([row.arms[arm].ms for row in rows], [50, 95])
        estimates = estimate_means(values[arm], resamples=config.resamples)
        results[arm] = ArmResult(
            metrics=dict(zip(metrics, estimates, strict=True)),
            ms={"p50": round(float(p50), 2), "p95": round(float(p95), 2)},
        )
    pairs = compare_all(values, metrics, resamples=config.resamples)
    return Evaluation(k=config.k, set=questions, arms=results, pairs=pairs, queries=rows)


def depth_of(config: EvaluationConfig) -> int:
    """Documents that a search must give for every metric to be right."""
    return max(parse_metric(name)[1] for name in default_metrics(config.k))


def _ask(judged: Judged, searches: Mapping[str, Search], metrics: Sequence[str]) -> QuestionResult:
    answered = {}
    for name, search in searches.items():
        found, taken = search(judged.query.question)
        answered[name] = Answered(found=found, metrics=measure(found, judged.grades, metrics), ms=taken)
    relevant = {name: grade for name, grade in judged.grades.items() if grade > 0}
    expected = sorted(relevant, key=lambda name: -relevant[name])
    return QuestionResult(id=judged.query.id, question=judged.query.question, expected=expected, arms=answered)
