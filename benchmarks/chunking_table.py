"""Tables of `benchmarks/chunking.py`: every set, and sets together, against ondol's default."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ondol.ingest.split import SplitConfig
from ondol.scoring.statistics import RESAMPLES, SEED, compare, estimate_mean

DEFAULT = f"{SplitConfig().max_tokens}/{SplitConfig().overlap_tokens}"
BUDGET = 1600
"""Tokens of chunks in a prompt: four of 400."""
DECIDING = ("ndcg@10", f"answer@{BUDGET}")
SHOWN = (*DECIDING[:1], "answer@5", *DECIDING[1:])
HALVES = ("choose", "report")
ANSWERED = ("labor_act", "autorag_ko", "tydiqa_ko", "tydiqa_en")
GROUPS = (
    (*ANSWERED, "scifact"),
    ANSWERED,
    ("tydiqa_ko_md", "tydiqa_en_md"),
    ("tydiqa_ko_short", "tydiqa_en_short"),
)
"""Sets that are told together."""
Key = tuple[str, str, str, int]
"""Set, setting, mode, half."""
Values = dict[str, NDArray[np.float64]]
"""Measure → a number per question, in the order of their ids."""


def print_tables(rows: list[dict], base: str = DEFAULT) -> None:
    """Every set by itself, then sets together, against the setting `base`; `rows` are those of `measure`."""
    kept: dict[Key, dict[str, dict]] = defaultdict(dict)
    for row in rows:
        kept[row["set"], row["config"], row["mode"], row["half"]][row["id"]] = row
    found = {key: columns(list(dict(sorted(by_id.items())).values())) for key, by_id in kept.items()}
    chunks = {(row["set"], row["config"]): row["chunks"] for row in rows}
    for name in dict.fromkeys(row["set"] for row in rows):
        for half in (0, 1):
            print_set(name, half, found, chunks, base)
    for group in GROUPS:
        for mode in ("hybrid", "dense"):
            print_group(group, found, mode, base)


def columns(rows: list[dict]) -> Values:
    """Measures that no question of the set has are left out."""
    names = [name for name in (*SHOWN, "tokens@5") if rows[0][name] is not None]
    return {name: np.array([row[name] for row in rows]) for name in names}


def print_set(
    name: str, half: int, found: Mapping[Key, Values], chunks: Mapping[tuple[str, str], int], base: str
) -> None:
    settings = [key[1] for key in found if key[0] == name and key[2] == "hybrid" and key[3] == half]
    if not settings:
        return
    first = found[name, settings[0], "hybrid", half]
    measures = [measure for measure in SHOWN if measure in first]
    differences = [measure for measure in DECIDING if measure in measures and base in settings]
    print(f"\n{name}, {HALVES[half]} half, n = {len(first[measures[0]])}")
    titles = ["setting", "chunks", *measures, "tokens of 5", *(f"Δ {m}" for m in differences), "dense ndcg@10"]
    print(f"| {' | '.join(titles)} |\n|{' --- |' * len(titles)}")
    for setting in settings:
        values = found[name, setting, "hybrid", half]
        cells = [setting, str(chunks[name, setting])]
        cells += [interval(values[measure]) for measure in measures] + [f"{values['tokens@5'].mean():.0f}"]
        for measure in differences:
            usual = found[name, base, "hybrid", half][measure]
            cells.append("" if setting == base else difference(values[measure], usual, measure))
        dense = found.get((name, setting, "dense", half))
        print(f"| {' | '.join([*cells, interval(dense['ndcg@10']) if dense else ''])} |")


def interval(values: NDArray[np.float64]) -> str:
    told = estimate_mean(values)
    return f"{told.value:.3f} [{told.low:.3f}, {told.high:.3f}]"


def difference(values: NDArray[np.float64], base: NDArray[np.float64], measure: str) -> str:
    """Paired; the sign of the verdict stands behind it."""
    told = compare("a", "b", measure, values, base)
    sign = {"better": " ↑", "worse": " ↓"}.get(told.verdict, "")
    return f"{told.difference.value:+.3f} [{told.difference.low:+.3f}, {told.difference.high:+.3f}]{sign}"


def print_group(sets: tuple[str, ...], found: Mapping[Key, Values], mode: str, base: str) -> None:
    """Difference to `base` over sets together: by set counts every set the same, by question every question."""
    have = [{key[1] for key in found if key[0] == name and key[2] == mode and key[3] == 1} for name in sets]
    settings = set.intersection(*have)
    if base not in settings or len(settings) < 2:
        return
    lines: list[tuple[float, str]] = []
    for setting in settings - {base}:
        cells: dict[str, list[str]] = defaultdict(list)
        score = 0.0
        for half in (0, 1):
            pairs = [(found[name, setting, mode, half], found[name, base, mode, half]) for name in sets]
            for measure in SHOWN:
                told = [a[measure] - b[measure] for a, b in pairs if measure in a]
                means = mean_of_sets(told), mean_of_sets([np.concatenate(told)])
                cells[measure] += [f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]" for mean, low, high in means]
                score += means[0][0] if half == 0 and measure in DECIDING else 0
        lines += [(score, f"| {setting} | {measure} | {' | '.join(told)} |") for measure, told in cells.items()]
    print(f"\n{mode}, {', '.join(sets)} together: difference to {base}; the best of the first half comes first")
    titles = ["setting", "measure", *(f"{half}, by {kind}" for half in HALVES for kind in ("set", "question"))]
    print(f"| {' | '.join(titles)} |\n|{' --- |' * len(titles)}")
    print("\n".join(line for _, line in sorted(lines, key=lambda line: -line[0])))


def mean_of_sets(differences: list[NDArray[np.float64]]) -> tuple[float, float, float]:
    """Mean of the sets' means and its 95 % interval; questions are drawn again within every set."""
    rng = np.random.default_rng(SEED)
    draws = [rng.choice(values, (RESAMPLES, len(values))).mean(axis=1) for values in differences]
    low, high = np.percentile(np.mean(draws, axis=0), [2.5, 97.5])
    return float(np.mean([values.mean() for values in differences])), float(low), float(high)
