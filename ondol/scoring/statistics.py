"""How sure a mean is, and whether two settings differ: bootstrap over questions, the same questions for both.

Nothing here knows what was measured: one number per question is enough, of a search, an answer or a model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

SEED = 13
RESAMPLES = 5000
"""Over 30 seeds an end of an interval (800 questions) moves by 0.04 of its width; with 2,000 resamples by 0.06."""
FEWEST = 6
"""Questions that must differ before a verdict is given: with five, all one way, a sign test still says p = 0.0625."""
BLOCK = 200_000
"""Draws held at once: twice as fast as with 2,000,000, which leave the processor's cache."""

Verdict = Literal["better", "worse", "no difference shown"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and its 95 % interval."""

    value: float
    low: float
    high: float

    def to_json(self) -> list[float]:
        return [round(number, 6) for number in (self.value, self.low, self.high)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Setting `a` against setting `b` on the same questions; the verdict is about `a`."""

    a: str
    b: str
    metric: str
    difference: Estimate
    """Mean of a - b."""
    verdict: Verdict

    def to_json(self) -> dict[str, Any]:
        return {
            "a": self.a,
            "b": self.b,
            "metric": self.metric,
            "difference": self.difference.to_json(),
            "verdict": self.verdict,
        }


def estimate_means(columns: ArrayLike, *, resamples: int = RESAMPLES, seed: int = SEED) -> list[Estimate]:
    """Mean of every column of (N, M) numbers, a row per question, with its 95 % percentile interval.

    All columns are resampled together, so that their intervals may be compared.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
    """
    numbers = np.asarray(columns, dtype=np.float64)
    if numbers.ndim != 2 or not len(numbers):
        raise ValueError(f"a row per question is needed, not an array of shape {numbers.shape}")
    means = np.concatenate(list(_resampled_means(numbers, resamples, seed)))
    lows, highs = np.percentile(means, [2.5, 97.5], axis=0)
    estimates = []
    for column, low, high in zip(numbers.T, lows, highs, strict=True):
        same = bool((column == column[0]).all())  # then every resample has this mean, and summing adds rounding
        ends = (column[0],) * 3 if same else (column.mean(), low, high)
        estimates.append(Estimate(*map(float, ends)))
    return estimates


def estimate_mean(values: ArrayLike, *, resamples: int = RESAMPLES, seed: int = SEED) -> Estimate:
    """The same of (N,) numbers, one per question."""
    return estimate_means(np.asarray(values, dtype=np.float64)[:, None], resamples=resamples, seed=seed)[0]


def estimate_statistic(
    count: int, statistic: Callable[[NDArray[np.int64]], float], *, resamples: int = RESAMPLES, seed: int = SEED
) -> Estimate:
    """Any number that `count` rows have together, such as a ratio of sums or a macro F1, with its 95 % interval.

    Args:
        statistic: of the rows at these places, which may repeat.
    """
    rng = np.random.default_rng(seed)
    drawn = [statistic(rng.integers(count, size=count)) for _ in range(resamples)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Estimate(float(statistic(np.arange(count))), float(low), float(high))


def compare(
    a: str, b: str, metric: str, values_a: ArrayLike, values_b: ArrayLike, *, resamples: int = RESAMPLES
) -> Comparison:
    """Setting `a` against setting `b` by one metric; (N,) numbers each, of the same questions in the same order."""
    columns = {name: np.asarray(values, dtype=np.float64)[:, None] for name, values in ((a, values_a), (b, values_b))}
    return compare_all(columns, [metric], resamples=resamples)[0]


def compare_all(
    settings: Mapping[str, ArrayLike], metrics: Sequence[str], *, resamples: int = RESAMPLES
) -> list[Comparison]:
    """Every two settings by every metric.

    Args:
        settings: name → (N, M) numbers, a row per question and a column per metric; the rows are the same questions.
    """
    values = {name: np.asarray(numbers, dtype=np.float64) for name, numbers in settings.items()}
    if len({numbers.shape for numbers in values.values()}) > 1:
        raise ValueError("all settings need the same questions and metrics")
    made = []
    for a, b in combinations(values, 2):
        differences = values[a] - values[b]
        estimates = estimate_means(differences, resamples=resamples)
        for metric, column, estimate in zip(metrics, differences.T, estimates, strict=True):
            verdict = judge(column, estimate)
            made.append(Comparison(a=a, b=b, metric=metric, difference=estimate, verdict=verdict))
    return made


def judge(differences: NDArray[np.float64], estimate: Estimate) -> Verdict:
    """What (N,) differences and their interval say about the first setting.

    "better" and "worse" need an interval without 0, and at least `FEWEST` questions that differ.
    """
    if np.count_nonzero(np.abs(differences) > 1e-12) < FEWEST:
        return "no difference shown"
    return "better" if estimate.low > 0 else "worse" if estimate.high < 0 else "no difference shown"


def bootstrap_p(differences: ArrayLike, *, resamples: int = RESAMPLES, seed: int = SEED) -> float:
    """Two-sided p value of (N,) paired differences: how often a resampled mean falls on the other side of 0.

    Below 0.05 about where the 95 % interval, of the same resamples, leaves 0 out; at least 2 / (resamples + 1).

    Source: Efron and Tibshirani, 1993, chapter 15; one is added to the counts (Davison and Hinkley, 1997).
    """
    numbers = np.asarray(differences, dtype=np.float64)[:, None]
    means = np.concatenate(list(_resampled_means(numbers, resamples, seed)))
    side = min(np.count_nonzero(means <= 0), np.count_nonzero(means >= 0))
    return min(1.0, 2 * (int(side) + 1) / (resamples + 1))


def holm(p_values: Sequence[float]) -> list[float]:
    """p values adjusted for their number, in the order given.

    Source: Holm, Scandinavian Journal of Statistics 1979.
    """
    adjusted, least = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = least
    return adjusted


def detectable_difference(differences: ArrayLike) -> float | None:
    """Smallest mean of (N,) paired differences that 80 of 100 such comparisons would show at the 5 % level.

    2.8 (1.96 + 0.84) standard errors; None for fewer than two questions.
    """
    numbers = np.asarray(differences, dtype=np.float64)
    return 2.8 * float(numbers.std(ddof=1)) / len(numbers) ** 0.5 if len(numbers) > 1 else None


def _resampled_means(values: NDArray[np.float64], resamples: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """(R, M) means of draws with replacement, in blocks: how often each row was drawn, times the row."""
    rng, count = np.random.default_rng(seed), len(values)
    rows = max(1, BLOCK // count)
    for start in range(0, resamples, rows):
        size = min(rows, resamples - start)
        draws = rng.integers(count, size=(size, count))
        draws += count * np.arange(size)[:, None]
        drawn = np.bincount(draws.ravel(), minlength=size * count).reshape(size, count)
        yield drawn @ values / count
