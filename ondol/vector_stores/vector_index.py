"""A `faiss` index that is not changed once it is made: exact, and above `EXACT_UP_TO` vectors with a fast first look.

Every vector is kept in fp16, and its cosine is told from that. A large collection is first scanned in 4-bit product
codes, one for every two numbers, and the best of them are compared exactly; `look` says how many. Measured with 300
real questions, real e5 vectors and mixtures of them, 384 dimensions: processor milliseconds of one thread, and
recall@10 and @50 against exact search when so many are compared.

| vectors | exact | first look | 400 compared | 1,000 compared | codes made in |
| ---: | ---: | ---: | ---: | ---: | ---: |
| 100,000 | 3.4 | 0.8 | 0.999 0.994 | 1.000 0.999 | 1.5 s |
| 250,000 | 9.0 | 1.9 | 0.998 0.990 | 0.999 0.997 | 3.5 s |
| 1,000,000 | 39 | 5.6 | 0.994 0.984 | 1.000 0.998 | 11.5 s |

HNSW (32 links) is as fast and as right, and takes 50 s for 100,000. IVF must look at a quarter of its lists for
recall@10 0.99, and finds 0.93 of 50.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from ondol.vector_stores.contract import Matrix, products

EXACT_UP_TO = 65_536
"""Vectors that are compared one by one: 2 to 3 ms at 384 dimensions; a hybrid search in two languages does it twice."""
TRAIN = 20_000
"""Vectors that the codes are fitted to; 0.5 s."""


def look(k: int, count: int) -> int:
    """Vectors of `count` that are compared exactly after the first look."""
    return int(max(400, 10 * k) * math.sqrt(max(1, count / 250_000)))


class VectorIndex:
    """N vectors by row number, rising."""

    def __init__(self, whole: Any) -> None:
        inner: Any = faiss.downcast_index(whole.index)
        self._whole = whole  # owns the parts
        self._first: Any = faiss.downcast_index(inner.base_index) if isinstance(inner, faiss.IndexRefine) else None
        self._exact: Any = faiss.downcast_index(inner.refine_index) if self._first else inner
        self.rows: NDArray[np.int64] = faiss.vector_to_array(whole.id_map)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def dimension(self) -> int:
        return int(self._exact.d)

    def search(self, query: Matrix, k: int, kept: NDArray[np.bool_] | None) -> tuple[NDArray[np.int64], Matrix]:
        """Row numbers and cosines of the `k` nearest to `query` (dimension,), best first; only of places in `kept`."""
        _use_one_thread()
        if self._first and (kept is None or kept.mean() > 0.5):
            places, scores = self._look(query, k, kept)
            if len(places) == k:
                return self.rows[places], scores
        only = None if kept is None else _only(np.packbits(kept, bitorder="little"))
        found, places = self._exact.search(query[None], min(k, len(self)), params=only)
        there = places[0] >= 0
        return self.rows[places[0][there]], found[0][there]

    def _look(self, query: Matrix, k: int, kept: NDArray[np.bool_] | None) -> tuple[NDArray[np.int64], Matrix]:
        _, [places] = self._first.search(query[None], min(look(k, len(self)), len(self)))
        places = places[places >= 0]
        places = places if kept is None else places[kept[places]]
        scores = products(self.vectors(places), query)
        order = np.argsort(-scores, kind="stable")[:k]
        return places[order], scores[order]

    def vectors(self, places: NDArray[np.int64]) -> Matrix:
        """The vectors at these places, counted from 0."""
        matrix: Matrix = self._exact.reconstruct_batch(places)
        return matrix

    def write(self, path: Path) -> None:
        faiss.write_index(self._whole, str(path))


def build_index(blocks: Iterable[tuple[NDArray[np.int64], Matrix]], *, training: Matrix | None = None) -> VectorIndex:
    """Row numbers, rising, and their vectors into an index; with `training`, one with a first look."""
    _use_one_thread()
    whole = None
    for rows, vectors in blocks:
        if whole is None:
            whole = faiss.IndexIDMap(_empty_index(vectors.shape[1], training))
        whole.add_with_ids(vectors, rows)
    assert whole is not None, "an index holds at least one vector"
    return VectorIndex(whole)


def takes_first_look(count: int, dimension: int) -> bool:
    """Whether so many vectors get a first look."""
    return count > EXACT_UP_TO and dimension % 2 == 0


def _use_one_thread() -> None:
    """OpenMP keeps this for each thread of ours, and one query on two cores takes four times as long as on one."""
    faiss.omp_set_num_threads(1)


def _only(bits: Any) -> Any:
    return faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bits))  # type: ignore[call-arg]


def _empty_index(dimension: int, training: Matrix | None) -> Any:
    exact = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    if training is None:
        return exact
    first = faiss.IndexPQFastScan(dimension, dimension // 2, 4, faiss.METRIC_INNER_PRODUCT)
    first.pq.cp.niter = 8
    first.pq.cp.min_points_per_centroid = 1  # its warning goes past every logger
    first.train(training)
    return faiss.IndexRefine(first, exact)


def read_index(path: Path) -> VectorIndex:
    """The index in `path`, mapped: 100,000 vectors open in 3 ms and pages are read as a search needs them."""
    return VectorIndex(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC))
