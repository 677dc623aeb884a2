"""Ways to answer, measured on the same questions: metrics with intervals by language, pairs, and what was forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from ondol.errors import UsageError
from ondol.evaluate.answer_questions import AnswerQuestion, AnswerQuestions
from ondol.evaluate.answer_scores import MAIN, METRICS, score
from ondol.evaluate.answers_arms import Asker, Reply
from ondol.evaluate.forgetting import Forgetting, summarise_general
from ondol.evaluate.replies_file import RepliesFile
from ondol.lang import Language
from ondol.progress import Progress, Silent
from ondol.scoring.statistics import (
    RESAMPLES,
    Estimate,
    Verdict,
    bootstrap_p,
    detectable_difference,
    estimate_mean,
    holm,
    judge,
)

SURE = 0.05
"""p values below it, after Holm, show a difference."""
Scores = Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmMeans:
    """One arm in one language."""

    n: int
    metrics: Mapping[str, Estimate]
    """Those that apply to at least one question."""
    counts: Mapping[str, int]
    """Questions that each metric applies to."""
    ms: float
    """Median wall milliseconds of a reply."""

    def to_json(self) -> dict[str, Any]:
        metrics = {name: row.to_json() for name, row in self.metrics.items()}
        return {"n": self.n, "metrics": metrics, "counts": dict(self.counts), "ms": round(self.ms, 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerComparison:
    """Arm `a` against arm `b` on the same questions; the verdict is about `a`."""

    a: str
    b: str
    language: Language
    metric: str
    n: int
    differing: int
    """Questions on which the two differ."""
    difference: Estimate
    """Mean of a - b."""
    p: float
    p_holm: float | None
    """Adjusted for all pairs and main metrics of the language; None for a metric that decides nothing."""
    family: int
    """Comparisons that were adjusted together."""
    detectable: float | None
    """Smallest difference that would have been seen at 80 % power."""
    verdict: Verdict

    def to_json(self) -> dict[str, Any]:
        numbers = {"p": self.p, "p_holm": self.p_holm, "detectable": self.detectable}
        return {
            "a": self.a, "b": self.b, "language": self.language, "metric": self.metric, "n": self.n,
            "difference": self.difference.to_json(),
            **{name: None if value is None else round(value, 6) for name, value in numbers.items()},
            "verdict": self.verdict,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerEvaluation:
    """What was measured: replies and scores of every arm for every question."""

    questions: AnswerQuestions
    arms: Sequence[str]
    replies: Mapping[tuple[str, str], Reply]
    scores: Mapping[tuple[str, str], Scores]
    means: Mapping[Language, Mapping[str, ArmMeans]]
    pairs: Sequence[AnswerComparison]
    forgetting: Mapping[Language, Forgetting] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return len(self.questions.rows)

    @property
    def main_pairs(self) -> list[AnswerComparison]:
        return [pair for pair in self.pairs if pair.p_holm is not None]

    def best(self, language: Language) -> str | None:
        """The arm that is shown to answer better than every other one; None when there is none."""
        won: dict[str, int] = dict.fromkeys(self.arms, 0)
        for pair in self.pairs:
            if pair.language == language and pair.metric == MAIN[0] and pair.verdict != "no difference shown":
                won[pair.a if pair.verdict == "better" else pair.b] += 1
        return next((arm for arm, count in won.items() if 0 < count == len(self.arms) - 1), None)

    def to_json(self) -> dict[str, Any]:
        arms = {arm: {language: means[arm].to_json() for language, means in self.means.items()} for arm in self.arms}
        return {
            "n": self.n,
            "arms": arms,
            "pairs": [pair.to_json() for pair in self.pairs],
            "best": {language: self.best(language) for language in self.means},
            "forgetting": {language: row.to_json() for language, row in self.forgetting.items()},
            "left_out": list(self.questions.problems),
            "unanswered": {f"{arm}:{name}": row.problem for (arm, name), row in self.replies.items() if row.problem},
        }


def collect_replies(
    questions: Sequence[AnswerQuestion],
    askers: Mapping[str, Asker],
    file: RepliesFile,
    *,
    progress: Progress | None = None,
) -> None:
    """Ask every arm every question that the file has no reply to yet; the arms take turns on each question."""
    progress = progress or Silent()
    wanted = [(row, arm) for row in questions for arm in askers if (arm, row.id) not in file.replies]
    progress.begin("Answering", len(wanted), "replies")
    try:
        for question, arm in wanted:
            file.add_reply(arm, question.id, askers[arm](question))
            progress.advance(1)
    finally:
        progress.end()


def summarise_answers(
    questions: AnswerQuestions, arms: Sequence[str], file: RepliesFile, *, resamples: int = RESAMPLES
) -> AnswerEvaluation:
    """Scores, means, intervals and pairs of the replies in the file.

    Raises:
        UsageError: there is no question, or no arm.
    """
    if not questions.rows or not arms:
        raise UsageError("There is nothing to measure.", hint="Give at least one question and one arm.")
    scores = {(arm, row.id): score(row, file.replies[arm, row.id]) for arm in arms for row in questions.rows}
    means: dict[Language, dict[str, ArmMeans]] = {}
    pairs: list[AnswerComparison] = []
    for language in sorted({row.language for row in questions.rows}):
        ids = [row.id for row in questions.rows if row.language == language]
        columns = {arm: _columns([scores[arm, name] for name in ids]) for arm in arms}
        taken = {arm: [file.replies[arm, name].ms for name in ids] for arm in arms}
        means[language] = {arm: _means(columns[arm], taken[arm], resamples) for arm in arms}
        pairs += _compare(columns, language, resamples)
    return AnswerEvaluation(
        questions=questions, arms=list(arms), scores=scores, means=means, pairs=pairs,
        replies={key: file.replies[key] for key in scores}, forgetting=summarise_general(file, resamples),
    )  # fmt: skip


def _columns(rows: Sequence[Scores]) -> dict[str, Any]:
    """Metric → (N,) numbers, NaN where it does not apply."""
    return {name: np.array([np.nan if row[name] is None else row[name] for row in rows]) for name in METRICS}


def _means(columns: Mapping[str, Any], ms: Sequence[float], resamples: int) -> ArmMeans:
    known = {name: values[~np.isnan(values)] for name, values in columns.items()}
    known = {name: values for name, values in known.items() if len(values)}
    return ArmMeans(
        n=len(ms), ms=float(np.median(ms)), counts={name: len(values) for name, values in known.items()},
        metrics={name: estimate_mean(values, resamples=resamples) for name, values in known.items()},
    )  # fmt: skip


def _compare(
    columns: Mapping[str, Mapping[str, Any]], language: Language, resamples: int
) -> Iterator[AnswerComparison]:
    """Every two arms by every metric; the later arm is `a`, so that a gain of what was added is above 0."""
    found: list[tuple[str, str, str, Any]] = []
    for b, a in combinations(columns, 2):
        for name in METRICS:
            differences = columns[a][name] - columns[b][name]
            differences = differences[~np.isnan(differences)]
            if len(differences):
                found.append((a, b, name, differences))
    p_values = [bootstrap_p(row[3], resamples=resamples) for row in found]
    main = [place for place, row in enumerate(found) if row[2] in MAIN]
    adjusted = dict(zip(main, holm([p_values[place] for place in main]), strict=True))
    for place, (a, b, name, differences) in enumerate(found):
        estimate = estimate_mean(differences, resamples=resamples)
        p_holm = adjusted.get(place)
        yield AnswerComparison(
            a=a, b=b, language=language, metric=name, n=len(differences), difference=estimate, p=p_values[place],
            differing=int(np.count_nonzero(np.abs(differences) > 1e-12)), p_holm=p_holm, family=len(main),
            detectable=detectable_difference(differences), verdict=_verdict(name, differences, estimate, p_holm),
        )  # fmt: skip


def _verdict(name: str, differences: Any, estimate: Estimate, p_holm: float | None) -> Verdict:
    if p_holm is not None and p_holm >= SURE:
        return "no difference shown"
    if METRICS[name].higher:
        return judge(differences, estimate)
    return judge(-differences, Estimate(-estimate.value, -estimate.high, -estimate.low))
