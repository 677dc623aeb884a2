"""Texts that are nearly the same, found without comparing everything with everything.

MinHash over runs of three characters finds candidates. A pair is judged by the runs it shares, each weighted by how
rare it is, so that a frame around every question ("Explain this: …") does not count; other numbers are other texts.
Source: Broder, "On the resemblance and containment of documents", 1997; bands as in Leskovec et al., MMDS, chapter 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from ondol.library.likeness import Hashes, hash_runs

RUN = 3
MIXER = np.uint64(0xBF58476D1CE4E5B9)
BANDS, ROWS = 20, 4
"""Of two texts that share 0.8 of their runs, 99.9 % have an equal band; of those that share 0.3, 15 %."""
NEAR = 0.8
"""Weighted share of the runs from which on two texts are nearly the same."""
ALIKE = 0.75
"""Of the lengths: “hello” and “hello hello” have the same runs."""
LONGEST = 4000
"""Characters of a text that are looked at."""
COMMON = 0.05
"""A run in more of the texts (and in more than `FRAME`) finds no candidates."""
FRAME = 20
SKETCH = 256
"""Runs of a text that candidates are found by, those of the least hashes; alike texts have nearly the same ones."""
MOST = 50
"""Neighbours in a band that are compared with each text."""


def near_pairs(texts: Sequence[str], *, near: float = NEAR) -> list[tuple[int, int, float]]:
    """Places of two texts and what they share, 0 to 1, each pair once, most alike first."""
    runs = [_runs(text) for text in texts]
    used, counts = np.unique(np.concatenate([*runs, np.empty(0, np.uint64)]), return_counts=True)
    weights = np.log((len(texts) + 1) / counts)
    common = used[counts > max(FRAME, COMMON * len(texts))]
    telling = [np.setdiff1d(row, common, assume_unique=True)[:SKETCH] for row in runs]
    lengths = [len("".join(text.split())) for text in texts]
    numbers = [re.findall(r"\d+", text[:LONGEST]) for text in texts]
    found = []
    for one, other in _candidates(telling):
        if numbers[one] != numbers[other] or not ALIKE <= (lengths[one] + 1) / (lengths[other] + 1) <= 1 / ALIKE:
            continue
        both = np.intersect1d(runs[one], runs[other], assume_unique=True)
        shared, left, right = (weights[np.searchsorted(used, row)].sum() for row in (both, runs[one], runs[other]))
        share = shared / (left + right - shared) if left + right > shared else 0.0
        if share >= near:
            found.append((one, other, round(float(share), 3)))
    return sorted(found, key=lambda pair: (-pair[2], pair[:2]))


def _candidates(runs: Sequence[Hashes]) -> set[tuple[int, int]]:
    """Pairs that have an equal band."""
    filled = [place for place, row in enumerate(runs) if len(row)]
    if len(filled) < 2:
        return set()
    pairs: set[tuple[int, int]] = set()
    for values in _bands([runs[place] for place in filled]):
        order = np.argsort(values, kind="stable")
        for group in np.split(order, np.flatnonzero(np.diff(values[order])) + 1):
            pairs.update((filled[a], filled[b]) for a, b in _near_in_order(group.tolist()))
    return pairs


def _near_in_order(group: Sequence[int]) -> Iterator[tuple[int, int]]:
    for place, one in enumerate(group):
        for other in group[place + 1 : place + 1 + MOST]:
            yield one, other


def _bands(runs: Sequence[Hashes]) -> Iterator[Hashes]:
    """For each band one number a text."""
    joined = np.concatenate(runs)
    starts = np.cumsum([0, *map(len, runs)])[:-1]
    dice = np.random.default_rng(13)
    factors = dice.integers(0, 2**63, (BANDS, ROWS), dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    offsets = dice.integers(0, 2**63, (BANDS, ROWS), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for band in range(BANDS):
            values = np.zeros(len(runs), dtype=np.uint64)
            for factor, offset in zip(factors[band], offsets[band], strict=True):
                mixed = joined * factor + offset
                mixed ^= mixed >> np.uint64(31)
                values = (values ^ np.minimum.reduceat(mixed, starts)) * MIXER
            yield values


def _runs(text: str) -> Hashes:
    """Hashes of every run of `RUN` characters, the ends of the text among them; white space and case do not count."""
    letters = "\x02" + "".join(text[:LONGEST].casefold().split()) + "\x03"
    with np.errstate(over="ignore"):
        return np.sort(hash_runs(letters, RUN) * MIXER)  # the least ones are to be a fair sample
