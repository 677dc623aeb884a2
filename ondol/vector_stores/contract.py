"""What ondol needs of a vector store beyond LangChain's `VectorStore`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from langchain_core.documents import Document
from langchain_core.vectorstores import VectorStore
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Vector = Sequence[float] | Matrix
Filter = Mapping[str, Any]
"""Metadata that must be equal; a list means one of its values: `{"document_id": ["a", "b"], "year": 2026}`."""

SAMPLE = 2000
"""Stored vectors that the background is told from: with e5 (deviation 0.03) its mean is right to 0.0007."""


class LibraryStore(VectorStore):
    """A LangChain vector store that can be searched by vector and compared with the library.

    Writes are durable when `add_documents` and `delete` return. Scores are cosines, higher is better. Threads may
    search while one of them writes.
    """

    durable: ClassVar[bool] = True
    """False when a new process finds it empty."""

    @abstractmethod
    def similarity_search_with_score_by_vector(
        self, embedding: list[float], k: int = 4, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """The `k` nearest documents with their cosine, best first; takes `filter` as `nearest` does."""

    @abstractmethod
    def add_embedded(self, documents: Sequence[Document], vectors: Matrix, ids: Sequence[str]) -> None:
        """Keep documents with the vectors that they have, (N, dimension); a known id is replaced."""

    @abstractmethod
    def list_ids(self) -> list[str]:
        """Every id in the store, in no particular order."""

    def count(self) -> int:
        """How many ids there are."""
        return len(self.list_ids())

    def describe(self) -> str:
        """How it searches now: `exact`, or what it does instead."""
        return "exact"

    @abstractmethod
    def vectors_of(self, ids: Sequence[str]) -> dict[str, Matrix]:
        """The stored vectors of these ids, each of length 1; ids that are not there are left out."""

    def nearest(self, embedding: Vector, k: int, *, filter: Filter | None = None) -> list[tuple[str, float]]:  # noqa: A002
        """Ids and cosines of the `k` nearest, best first: cheaper than with texts and metadata."""
        hits = self.similarity_search_with_score_by_vector([float(number) for number in embedding], k, filter=filter)
        return [(str(document.id), score) for document, score in hits]

    def cosines(self, embedding: Vector, ids: Sequence[str]) -> dict[str, float]:
        """Cosine of `embedding` and the stored vectors of these ids; ids that are not there are left out."""
        vectors = self.vectors_of(ids)
        if not vectors:
            return {}
        scores = products(np.stack(list(vectors.values())), direction(embedding))
        return dict(zip(vectors, scores.tolist(), strict=True))

    def background(self, embedding: Vector) -> tuple[float, float]:
        """Mean and standard deviation of the cosines with a fixed sample of what is stored; zeros when it is empty.

        They tell how high a cosine with no meaning is, for this query in this collection.
        """
        sample = self.sample()
        if not len(sample):
            return 0.0, 0.0
        scores = products(sample, direction(embedding))
        return float(scores.mean()), float(scores.std())

    def sample(self) -> Matrix:
        """At most `SAMPLE` stored vectors of length 1, (N, dimension); the same ones until the store changes."""
        every = sorted(self.list_ids())
        names = [every[place] for place in draw(len(every))]
        return np.stack(list(self.vectors_of(names).values())) if names else np.empty((0, 0), dtype=np.float32)

    def find_damage(self) -> str:
        """Why what is stored cannot be read, empty when it can; reads everything."""
        return ""

    def close(self) -> None:
        """Release files; the store is not used afterwards."""


def unit(vectors: Matrix) -> Matrix:
    """Rows of length 1; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Matrix = np.ascontiguousarray(vectors / np.where(lengths > 0, lengths, 1), dtype=np.float32)
    return scaled


def direction(embedding: Vector) -> Matrix:
    """One vector of length 1."""
    row: Matrix = unit(np.asarray([embedding], dtype=np.float32))[0]
    return row


def products(rows: Matrix, vector: Matrix) -> Matrix:
    """`rows @ vector` in this thread alone, 0.1 ms for 2,000 rows; BLAS shares them among its threads, which takes 5 ms
    of processor time, and 100 ms on a busy machine.
    """
    scores: Matrix = np.einsum("ij,j->i", rows, vector)
    return scores


def draw(count: int) -> list[int]:
    """`SAMPLE` places out of `count`, rising, the same ones every time; all of them when there are fewer."""
    if count <= SAMPLE:
        return list(range(count))
    return sorted(np.random.default_rng(13).choice(count, SAMPLE, replace=False).tolist())
