"""Figures of one set as a Markdown table: quality with intervals, and everything beside ondol."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

import numpy as np

NAMES = {
    "langchain": "LangChain + Chroma",
    "llama_index": "LlamaIndex",
    "haystack": "Haystack",
    "multilingual-e5-small": "e5-small",
    "all-minilm-l6-v2": "MiniLM-L6",
}
HEAD = "system | model | search | nDCG@10 | ondol is better by | docs/s | × | × CPU | p50 ms | p95 ms | MB"


@dataclass(frozen=True, slots=True)
class Rate:
    """Documents of one round by second of the clock and of the CPU, all threads together."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one system with one model found by one search; the first result is ondol's, the others stand beside it."""

    system: str
    model: str
    mode: str
    ranked: list[list[str]]
    """At most ten ids a question."""
    ms: list[float]
    rates: list[Rate]
    """One a round; empty where another row of the process tells them."""
    peak_mb: float | None


def print_table(title: str, results: list[Result], right: list[frozenset[str]]) -> None:
    print(f"\n### {title}\n\n| {HEAD} |\n| --- | --- | --- {'| ---: ' * 8}|")
    ours = results[0]
    our_scores = scores(ours, right)
    for result in results:
        theirs = scores(result, right)
        cells = [
            NAMES.get(result.system, result.system),
            NAMES[result.model] + (" int8" if result.system == "ondol" else ""),
            result.mode,
            interval(theirs),
            "–" if result is ours else interval(our_scores - theirs, sign="+"),
            f"{statistics.median(rate.wall for rate in result.rates):.1f}" if result.rates else "–",
            ratios([rate.wall for rate in ours.rates], [rate.wall for rate in result.rates]),
            ratios([rate.cpu for rate in ours.rates], [rate.cpu for rate in result.rates]),
            f"{np.quantile(result.ms, 0.5):.0f}",
            f"{np.quantile(result.ms, 0.95):.0f}",
            f"{result.peak_mb:.0f}" if result.peak_mb else "–",
        ]
        print(f"| {' | '.join(cells)} |", flush=True)


def ratios(ours: list[float], theirs: list[float]) -> str:
    """Median, least and greatest of the rounds."""
    pairs = [mine / other for mine, other in zip(ours, theirs, strict=False)]
    return f"{statistics.median(pairs):.1f} ({min(pairs):.1f}–{max(pairs):.1f})" if pairs else "–"


def scores(result: Result, right: list[frozenset[str]]) -> np.ndarray:
    return np.array([ndcg(found, wanted) for found, wanted in zip(result.ranked, right, strict=True)])


def ndcg(found: list[str], right: frozenset[str], *, k: int = 10) -> float:
    """One question's nDCG@k; every right passage counts alike."""
    gained = sum(1 / math.log2(rank + 2) for rank, name in enumerate(found[:k]) if name in right)
    return gained / sum(1 / math.log2(rank + 2) for rank in range(min(k, len(right))))


def interval(values: np.ndarray, *, sign: str = "") -> str:
    """Mean and 95 % bootstrap interval over questions (1,000 draws, seed 13)."""
    draws = np.random.default_rng(13).choice(values, (1000, len(values))).mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return f"{values.mean():{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"
