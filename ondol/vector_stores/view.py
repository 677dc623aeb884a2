"""What a search sees: an index, the few vectors written after it, and which rows are gone.

A view is never changed; a newer one takes its place. So threads search without a lock while vectors are added, and
adding a batch costs the batch, not the collection.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from ondol.vector_stores.contract import Matrix, draw, products
from ondol.vector_stores.documents import BLOCK, dimension, read_number, sample_vectors, vectors_after
from ondol.vector_stores.vector_index import TRAIN, VectorIndex, build_index, takes_first_look

Rows = NDArray[np.int64]
NO_ROWS: Rows = np.empty(0, dtype=np.int64)
NO_VECTORS: Matrix = np.empty((0, 0), dtype=np.float32)

LOOSE = 4096
"""Vectors beside the index until a new one is made, or a sixteenth of it: a query takes 0.5 ms longer for them."""


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """The vectors of the documents at one change."""

    change: int = 0
    last: int = 0
    """Highest row number that was seen."""
    index: VectorIndex | None = None
    kept: NDArray[np.bool_] | None = None
    """Which places of the index are not deleted; None: all."""
    rows: Rows = field(default_factory=lambda: NO_ROWS)
    """Rows beside the index, rising, and above all of its own."""
    vectors: Matrix = field(default_factory=lambda: NO_VECTORS)

    @property
    def in_index(self) -> int:
        return 0 if self.index is None else len(self.index) if self.kept is None else int(self.kept.sum())

    def __len__(self) -> int:
        return self.in_index + len(self.rows)

    @property
    def loose(self) -> int:
        """Vectors that are not in the index yet, or still in it."""
        return len(self.rows) + (len(self.index) if self.index else 0) - self.in_index

    @property
    def dimension(self) -> int:
        """Numbers in a vector, 0 when there is none."""
        return self.vectors.shape[1] if len(self.rows) else self.index.dimension if self.index else 0

    def search(self, query: Matrix, k: int, *, only: Rows | None = None) -> list[tuple[int, float]]:
        """Row numbers and cosines of the `k` nearest to `query` (dimension,), best first.

        Args:
            only: the rows that may be found, rising.
        """
        rows = self.rows
        scores = products(self.vectors, query) if len(rows) else np.empty(0, dtype=np.float32)
        if only is not None:
            inside = np.isin(rows, only, assume_unique=True)
            rows, scores = rows[inside], scores[inside]
        if self.index:
            more, cosines = self.index.search(query, k, self._allowed(self.index, only))
            rows, scores = np.concatenate([more, rows]), np.concatenate([cosines, scores])
        best = np.argsort(-scores, kind="stable")[:k]
        return list(zip(rows[best].tolist(), scores[best].tolist(), strict=True))

    def _allowed(self, index: VectorIndex, only: Rows | None) -> NDArray[np.bool_] | None:
        """Which places of the index may be found; None: all."""
        if only is None:
            return self.kept
        allowed = np.zeros(len(index), dtype=bool)
        allowed[_places(index.rows, only)] = True
        return allowed if self.kept is None else allowed & self.kept

    @cached_property
    def sample(self) -> Matrix:
        """At most `SAMPLE` of the vectors, (N, dimension)."""
        numbers = np.asarray(draw(len(self)), dtype=np.int64)
        inside = self.in_index
        parts = [self.vectors[numbers[numbers >= inside] - inside]] if len(self.rows) else []
        if self.index and inside:
            parts.append(self.index.vectors(self._live_places(self.index)[numbers[numbers < inside]]))
        return np.concatenate(parts) if parts else NO_VECTORS

    def blocks(self) -> Iterator[tuple[Rows, Matrix]]:
        """All row numbers and vectors, rising."""
        places = self._live_places(self.index) if self.index else NO_ROWS
        for start in range(0, len(places), BLOCK):
            assert self.index is not None
            block = places[start : start + BLOCK]
            yield self.index.rows[block], self.index.vectors(block)
        if len(self.rows):
            yield self.rows, self.vectors

    def _live_places(self, index: VectorIndex) -> Rows:
        return np.arange(len(index)) if self.kept is None else np.flatnonzero(self.kept)

    def without(self, gone: Rows) -> View:
        """The view after these rows, rising, were deleted."""
        if not len(gone):
            return self
        beside = ~np.isin(self.rows, gone, assume_unique=True)
        kept = self.kept
        if self.index:
            kept = np.ones(len(self.index), dtype=bool) if kept is None else kept.copy()
            kept[_places(self.index.rows, gone)] = False
        return replace(self, kept=kept, rows=self.rows[beside], vectors=self.vectors[beside])


def advance(view: View, db: sqlite3.Connection, *, loose: int | None = None) -> View:
    """The view of the documents as `db` sees them, reading only what has changed since `view`.

    Args:
        loose: more than so many loose vectors, and a new index is made.
    """
    change = read_number(db, "change")
    if change == view.change and loose is None:
        return view
    if view.change < read_number(db, "forgotten"):
        view = View()  # what was deleted since is no longer known
    query = "SELECT row FROM gone WHERE change > ? ORDER BY row"
    gone = np.asarray([row for (row,) in db.execute(query, [view.change])], dtype=np.int64)
    view = view.without(gone)
    new, last = db.execute("SELECT count(*), max(row) FROM documents WHERE row > ?", [view.last]).fetchone()
    if loose is None:
        loose = max(LOOSE, view.in_index // 16)
    last = last or view.last
    if view.loose + new > loose:
        blocks = chain(view.blocks(), vectors_after(db, view.last))
        return View(change=change, last=last, index=_index(db, blocks, len(view) + new))
    for rows, vectors in vectors_after(db, view.last):
        together = np.concatenate([view.vectors, vectors]) if len(view.rows) else vectors
        view = replace(view, rows=np.concatenate([view.rows, rows]), vectors=together)
    return replace(view, change=change, last=last)


def _index(db: sqlite3.Connection, blocks: Iterator[tuple[Rows, Matrix]], count: int) -> VectorIndex | None:
    if not count:
        return None
    first_look = takes_first_look(count, dimension(db))
    return build_index(blocks, training=sample_vectors(db, TRAIN) if first_look else None)


def _places(rows: Rows, wanted: Rows) -> Rows:
    """Where those of `wanted` that are in `rows` stand there; both rise."""
    places = np.searchsorted(rows, wanted)
    there = places < len(rows)
    there[there] = rows[places[there]] == wanted[there]
    return places[there]
