"""`faiss`: cosine search over a folder that a killed process cannot break.

`documents.sqlite` holds ids, texts, metadata and vectors, and a change of it is one transaction. `index.faiss` is a
copy of the vectors that opens at once and is searched quickly; when it is missing, damaged or far behind the database,
it is made again. What it does not have yet is read from the database, by any process, before each search.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores.utils import maximal_marginal_relevance

from ondol.vector_stores.contract import Filter, LibraryStore, Matrix, Vector, direction, unit
from ondol.vector_stores.documents import Documents, dimension
from ondol.vector_stores.snapshot import drop_damaged, load_view, save_view
from ondol.vector_stores.vector_index import look, takes_first_look
from ondol.vector_stores.view import View, advance


class FaissStore(LibraryStore):
    """Vectors of one collection in one folder; any dimension, all rows the same.

    Threads and processes may search while one of them writes; each sees what was written before its search began.
    """

    def __init__(self, embeddings: Embeddings, folder: Path) -> None:
        self._embeddings = embeddings
        self.folder = folder
        self._documents = Documents(folder / "documents.sqlite")
        self._view: View | None = None
        self._has_written = False
        self._advancing = threading.Lock()

    @property
    def embeddings(self) -> Embeddings:
        return self._embeddings

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        where: Path = Path("faiss"),
        **kwargs: Any,
    ) -> FaissStore:
        store = cls(embedding, where)
        store.add_texts(texts, metadatas, ids=ids, **kwargs)
        return store

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: Sequence[str | None] | None = None,
        **kwargs: Any,  # noqa: ARG002 - LangChain's signature
    ) -> list[str]:
        """Embed and keep N texts; a known id is replaced.

        Raises:
            UsageError: the embedder's dimension is not the one in the folder.
        """
        contents = list(texts)
        if not contents:
            return []
        names = [name or str(uuid.uuid4()) for name in (ids or [None] * len(contents))]
        rows = zip(names, contents, metadatas or [{} for _ in contents], strict=True)
        documents = [Document(id=name, page_content=text, metadata=values) for name, text, values in rows]
        vectors = unit(np.asarray(self._embeddings.embed_documents(contents), dtype=np.float32))
        self._documents.add(documents, vectors)
        self._has_written = True
        return names

    def add_embedded(self, documents: Sequence[Document], vectors: Matrix, ids: Sequence[str]) -> None:
        named = [
            Document(id=name, page_content=document.page_content, metadata=document.metadata)
            for name, document in zip(ids, documents, strict=True)
        ]
        if named:
            self._documents.add(named, unit(np.asarray(vectors, dtype=np.float32)))
            self._has_written = True

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> bool:  # noqa: ARG002 - LangChain's signature
        """Drop these ids; unknown ones are passed over."""
        self._documents.delete(ids or [])
        self._has_written = True
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        return self._documents.get(ids)

    def list_ids(self) -> list[str]:
        return self._documents.list_ids()

    def count(self) -> int:
        return self._documents.count()

    def describe(self) -> str:
        count = self.count()
        with self._documents.reading() as db:
            first_look = takes_first_look(count, dimension(db))
        return f"4-bit codes first, then exact cosines of the best {look(10, count)}" if first_look else "exact"

    def find_damage(self) -> str:
        with self._documents.reading() as db:
            drop_damaged(db, self._index_file)
        return self._documents.find_damage()

    def nearest(self, embedding: Vector, k: int, *, filter: Filter | None = None) -> list[tuple[str, float]]:  # noqa: A002
        view, query = self._current_view(), direction(embedding)
        if not len(view) or k < 1:
            return []
        self._documents.check_dimension(view.dimension, given=len(query))
        found = view.search(query, k, only=self._documents.rows(filter) if filter else None)
        names = self._documents.names([row for row, _ in found])
        return [(names[row], score) for row, score in found if row in names]

    def similarity_search_with_score_by_vector(
        self, embedding: list[float], k: int = 4, *, filter: Filter | None = None, **kwargs: Any  # noqa: A002, ARG002
    ) -> list[tuple[Document, float]]:  # fmt: skip
        """The `k` nearest documents and their cosines, best first; `filter` as in `nearest`."""
        scores = dict(self.nearest(embedding, k, filter=filter))
        documents = {str(document.id): document for document in self.get_by_ids([*scores])}
        return [(documents[name], score) for name, score in scores.items() if name in documents]

    def vectors_of(self, ids: Sequence[str]) -> dict[str, Matrix]:
        return self._documents.vectors(ids)

    def sample(self) -> Matrix:
        return self._current_view().sample

    def similarity_search_with_score(self, query: str, k: int = 4, **kwargs: Any) -> list[tuple[Document, float]]:
        return self.similarity_search_with_score_by_vector(self._embeddings.embed_query(query), k, **kwargs)

    def similarity_search_by_vector(self, embedding: list[float], k: int = 4, **kwargs: Any) -> list[Document]:
        return [document for document, _ in self.similarity_search_with_score_by_vector(embedding, k, **kwargs)]

    def similarity_search(self, query: str, k: int = 4, **kwargs: Any) -> list[Document]:
        return self.similarity_search_by_vector(self._embeddings.embed_query(query), k, **kwargs)

    def max_marginal_relevance_search(
        self, query: str, k: int = 4, fetch_k: int = 20, lambda_mult: float = 0.5, **kwargs: Any
    ) -> list[Document]:
        vector = np.asarray(self._embeddings.embed_query(query), dtype=np.float32)
        hits = self.similarity_search_by_vector(vector.tolist(), fetch_k, **kwargs)
        vectors = self.vectors_of([str(document.id) for document in hits])
        hits = [document for document in hits if document.id in vectors]  # all but those deleted a moment ago
        rows = [vectors[str(document.id)].tolist() for document in hits]
        chosen = maximal_marginal_relevance(vector, rows, lambda_mult=lambda_mult, k=k)
        return [hits[place] for place in chosen]

    def _select_relevance_score_fn(self) -> Any:
        return lambda cosine: (1 + cosine) / 2

    def close(self) -> None:
        """Write the index if the folder's copy is far behind, and release the files."""
        if self._has_written or self._view is not None:
            save_view(self._documents, self._view, self._index_file)
        self._view, self._has_written = None, False
        self._documents.close()

    @property
    def _index_file(self) -> Path:
        return self.folder / "index.faiss"

    def _current_view(self) -> View:
        """The documents as they are now, also when another process has changed them."""
        with self._advancing, self._documents.reading() as db:
            view = load_view(db, self._index_file) if self._view is None else self._view
            self._view = advance(view, db)
            return self._view


def open_faiss(embeddings: Embeddings, *, where: Path, collection: str = "main") -> FaissStore:  # noqa: ARG001 - every store takes it
    """Open or make the store in the folder `where`."""
    return FaissStore(embeddings, where)
