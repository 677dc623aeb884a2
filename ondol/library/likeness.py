"""Sources that are nearly the same: a copy with another header, two versions of one letter.

MinHash over runs of characters finds candidates without comparing everything with everything; those are compared.
Source: Broder, "On the resemblance and containment of documents", 1997; bands as in Leskovec et al., MMDS, chapter 3.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ondol.lang import nfc

Hashes = NDArray[np.uint64]
RUN = 7
"""Characters of a shingle, white space not counted."""
BANDS, ROWS = 8, 8
"""Of two sources that share nine tenths of their runs, 99 % have an equal band; of those that share half, 3 %."""
SHORTEST = 200
"""Characters; shorter texts are alike by chance."""
LONGEST = 1_000_000
NEAR = 0.85
"""Share of runs in both, of those in either, from which two sources are told as nearly the same."""
MOST = 20
"""Candidates of one source that are compared."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Two sources and how much they share, 0 to 1."""

    document_id: str
    source: str
    other_id: str
    other: str
    likeness: float


def note_likeness(db: sqlite3.Connection, source_id: int, text: str) -> None:
    """Write the bands of a source, inside a transaction."""
    db.execute("DELETE FROM likeness WHERE source_id = ?", [source_id])
    rows = [(source_id, band, value) for band, value in enumerate(_bands(text))]
    db.executemany("INSERT INTO likeness VALUES (?, ?, ?)", rows)


def find_alike(db: sqlite3.Connection, document_ids: Iterable[str] | None = None) -> list[Alike]:
    """Pairs of nearly equal sources, those of `document_ids` with any other; of all sources when not given."""
    known = {row[0]: (row[1], row[2]) for row in db.execute("SELECT id, document_id, source FROM sources")}
    chosen = set(document_ids) if document_ids is not None else None
    texts: dict[int, Hashes] = {}
    found = []
    for source_id, (name, source) in known.items():
        if chosen is not None and name not in chosen:
            continue
        for other_id in _candidates(db, source_id):
            pair = known.get(other_id)
            if pair is None or (other_id < source_id and (chosen is None or pair[0] in chosen)):
                continue  # told from the other side
            share = _share(_runs_of(db, source_id, texts), _runs_of(db, other_id, texts))
            if share >= NEAR:
                found.append(Alike(name, source, *pair, round(share, 3)))
        texts.clear()
    return sorted(found, key=lambda pair: -pair.likeness)


def _candidates(db: sqlite3.Connection, source_id: int) -> list[int]:
    rows = db.execute(
        """SELECT b.source_id FROM likeness a JOIN likeness b ON b.band = a.band AND b.value = a.value
           WHERE a.source_id = ?1 AND b.source_id != ?1 GROUP BY b.source_id ORDER BY count(*) DESC LIMIT ?2""",
        [source_id, MOST],
    )
    return [row[0] for row in rows]


def _runs_of(db: sqlite3.Connection, source_id: int, known: dict[int, Hashes]) -> Hashes:
    if source_id not in known:
        row = db.execute("SELECT text FROM pieces WHERE source_id = ? AND start = 0", [source_id]).fetchone()
        known[source_id] = _runs(row[0] if row else "")
    return known[source_id]


def _share(one: Hashes, other: Hashes) -> float:
    both = len(np.intersect1d(one, other, assume_unique=True))
    either = len(one) + len(other) - both
    return both / either if either else 0.0


def _runs(text: str) -> Hashes:
    """White space and case do not count."""
    return hash_runs("".join(nfc(text[:LONGEST]).casefold().split()), RUN)


def hash_runs(letters: str, size: int) -> Hashes:
    """Hashes of every run of `size` characters, each once, ascending."""
    codes = np.frombuffer(letters.encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    if len(codes) < size:
        return np.empty(0, dtype=np.uint64)
    hashes = np.zeros(len(codes) - size + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for place in range(size):
            hashes = hashes * np.uint64(0x9E3779B97F4A7C15) + codes[place : place + len(hashes)]
        hashes ^= hashes >> np.uint64(29)
    return np.unique(hashes)


def _bands(text: str) -> Sequence[int]:
    """One number a band, 63 bits; none for a short text."""
    runs = _runs(text)
    if len(runs) < SHORTEST:
        return []
    factors, offsets = _permutations()
    least = np.empty(BANDS * ROWS, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for place, (factor, offset) in enumerate(zip(factors, offsets, strict=True)):
            least[place] = (runs * factor + offset).min()
        values = np.zeros(BANDS, dtype=np.uint64)
        for row in range(ROWS):
            values = (values ^ least[row::ROWS]) * np.uint64(0xBF58476D1CE4E5B9)
    return [int(value >> np.uint64(1)) for value in values]


@cache
def _permutations() -> tuple[Hashes, Hashes]:
    dice = np.random.default_rng(13)
    shape = BANDS * ROWS
    return dice.integers(0, 2**63, shape, dtype=np.uint64) * np.uint64(2) + np.uint64(1), dice.integers(
        0, 2**63, shape, dtype=np.uint64
    )
