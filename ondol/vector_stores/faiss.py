"""`faiss`: exact cosine search over a folder that a killed process cannot break.

`documents.sqlite` holds ids, texts, metadata and vectors, and a change of it is one transaction. `index.faiss` is
those vectors as a flat index that loads quickly: written beside and renamed, with its SHA-256 and the number of the
change it belongs to kept in the database. When it is missing, damaged or older than the database it is built again.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores.utils import maximal_marginal_relevance
from numpy.typing import NDArray

from ondol.errors import BackendError, UsageError
from ondol.vector_stores.contract import LibraryStore
from ondol.vector_stores.snapshot import read_snapshot, write_snapshot
from ondol.wal import use_wal

# One query over 100,000 vectors: 6–10 ms with one thread, 15.5 ms with two (measured, November 2026).
faiss.omp_set_num_threads(1)

SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, content TEXT NOT NULL, metadata TEXT NOT NULL,
    vector BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT OR IGNORE INTO state VALUES ('change', '0');
"""
COLUMNS = "id, content, metadata"


class FaissStore(LibraryStore):
    """Vectors of one collection in one folder; any dimension, all rows the same."""

    def __init__(self, embeddings: Embeddings, folder: Path) -> None:
        self._embeddings = embeddings
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(folder / "documents.sqlite", timeout=60, check_same_thread=False)
            use_wal(self._database)
            self._database.executescript(SCHEMA)
        except (OSError, sqlite3.DatabaseError) as error:
            raise BackendError(
                "The vectors in {folder} cannot be opened: {reason}.",
                hint="Make them again with: ondol verify --repair",
                folder=folder, reason=error,
            ) from error  # fmt: skip
        self._writing = threading.Lock()
        self._index: Any = None
        self._seen = -1

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
            UsageError: the embedder's dimension is not the one in the folder, or lengths differ.
        """
        contents = list(texts)
        names = [name or str(uuid.uuid4()) for name in (ids or [None] * len(contents))]
        rows = metadatas or [{} for _ in contents]
        if not contents:
            return []
        vectors = unit(np.asarray(self._embeddings.embed_documents(contents), dtype=np.float32))
        self._check_dimension(vectors.shape[1])
        values = zip(names, contents, map(_dump, rows), (vector.tobytes() for vector in vectors), strict=True)
        with self._writing, self._database:
            self._database.executemany(
                f"INSERT OR REPLACE INTO documents ({COLUMNS}, vector) VALUES (?, ?, ?, ?)",  # noqa: S608 - our own names
                values,
            )
            self._count_change()
        return names

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> bool:  # noqa: ARG002 - LangChain's signature
        """Drop these ids; unknown ones are passed over."""
        with self._writing, self._database:
            self._database.executemany("DELETE FROM documents WHERE id = ?", [(name,) for name in ids or []])
            self._count_change()
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        query = f"SELECT {COLUMNS} FROM documents WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608
        return [_document(*row) for row in self._database.execute(query, [json.dumps(list(ids))])]

    def list_ids(self) -> list[str]:
        return [name for (name,) in self._database.execute("SELECT id FROM documents")]

    def find_damage(self) -> str:
        try:
            (found,) = self._database.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            return str(error)
        return "" if found == "ok" else str(found)

    def similarity_search_with_score_by_vector(
        self, embedding: list[float], k: int = 4, *, filter: dict[str, Any] | None = None, **kwargs: Any  # noqa: A002, ARG002
    ) -> list[tuple[Document, float]]:  # fmt: skip
        """The `k` nearest documents and their cosines, best first; `filter` is metadata that must be equal."""
        index = self._current_index()
        if index is None or k < 1:
            return []
        query = unit(np.asarray([embedding], dtype=np.float32))
        self._check_dimension(query.shape[1])
        parameters = faiss.SearchParameters(sel=faiss.IDSelectorBatch(self._rows(filter))) if filter else None  # type: ignore[call-arg]
        scores, rows = index.search(query, min(k, index.ntotal), params=parameters)
        found = {row: score for row, score in zip(rows[0].tolist(), scores[0].tolist(), strict=True) if row >= 0}
        query_text = f"SELECT row, {COLUMNS} FROM documents WHERE row IN (SELECT value FROM json_each(?))"  # noqa: S608
        hits = [
            (_document(*rest), found[row]) for row, *rest in self._database.execute(query_text, [json.dumps([*found])])
        ]
        return sorted(hits, key=lambda hit: -hit[1])

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
        vectors = self._vectors([str(document.id) for document in hits])
        chosen = maximal_marginal_relevance(vector, list(vectors), lambda_mult=lambda_mult, k=k)
        return [hits[place] for place in chosen]

    def _select_relevance_score_fn(self) -> Any:
        return lambda cosine: (1 + cosine) / 2

    def close(self) -> None:
        """Write the index if the folder's copy is behind, and release the database."""
        if self._index is not None:
            write_snapshot(self._database, self._index, self.folder / "index.faiss", self._seen)
        self._database.close()

    def _vectors(self, ids: list[str]) -> list[list[float]]:
        query = "SELECT id, vector FROM documents WHERE id IN (SELECT value FROM json_each(?))"
        rows = dict(self._database.execute(query, [json.dumps(ids)]).fetchall())
        return [np.frombuffer(rows[name], dtype=np.float32).tolist() for name in ids]

    def _rows(self, metadata: dict[str, Any]) -> NDArray[np.int64]:
        """Row numbers of the documents whose metadata hold these values."""
        tests = " AND ".join("json_extract(metadata, ?) IS ?" for _ in metadata)
        values = [item for name, value in metadata.items() for item in (f'$."{name}"', value)]
        query = f"SELECT row FROM documents WHERE {tests}"  # noqa: S608 - values are bound
        return np.asarray([row for (row,) in self._database.execute(query, values)], dtype=np.int64)

    def _count_change(self) -> None:
        self._database.execute("UPDATE state SET value = value + 1 WHERE name = 'change'")

    def _check_dimension(self, dimension: int) -> None:
        row = self._database.execute("SELECT length(vector) / 4 FROM documents LIMIT 1").fetchone()
        if row and row[0] != dimension:
            raise UsageError(
                "The vectors in {folder} have {kept} numbers, this embedder gives {given}.",
                hint="Open the collection with the embedder it was made with, or use another --collection.",
                folder=self.folder, kept=row[0], given=dimension,
            )  # fmt: skip

    def _current_index(self) -> Any:
        """The index of the database's present state, also when another process has changed it; None when empty."""
        (change,) = self._database.execute("SELECT CAST(value AS INTEGER) FROM state WHERE name = 'change'").fetchone()
        if change != self._seen:
            self._index = read_snapshot(self._database, self.folder / "index.faiss", change) or self._build_index()
            self._seen = change
        return self._index

    def _build_index(self) -> Any:
        rows = self._database.execute("SELECT row, vector FROM documents ORDER BY row").fetchall()
        if not rows:
            return None
        vectors = np.frombuffer(b"".join(vector for _, vector in rows), dtype=np.float32).reshape(len(rows), -1)
        index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
        index.add_with_ids(vectors, np.asarray([row for row, _ in rows], dtype=np.int64))
        return index


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of length 1; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = np.ascontiguousarray(vectors / np.where(lengths > 0, lengths, 1), dtype=np.float32)
    return scaled


def open_faiss(embeddings: Embeddings, *, where: Path, collection: str = "main") -> FaissStore:  # noqa: ARG001 - every store takes it
    """Open or make the store in the folder `where`."""
    return FaissStore(embeddings, where)


def _dump(metadata: dict[str, Any]) -> str:
    return json.dumps(metadata, ensure_ascii=False)


def _document(name: str, content: str, metadata: str) -> Document:
    return Document(id=name, page_content=content, metadata=json.loads(metadata))
