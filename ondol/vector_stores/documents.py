"""The truth of the `faiss` store: ids, texts, metadata and vectors in SQLite, and what changed when.

A vector is kept in fp16: on 3,170 real questions nDCG@10 is the same to four digits as in fp32, in half the bytes.
Releases before wrote fp32; such rows stay as they are, and the length of a row's bytes tells which it is.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.documents import Document
from numpy.typing import NDArray

from ondol.device import hint_for
from ondol.errors import BackendError, UsageError
from ondol.vector_stores.contract import Filter, Matrix
from ondol.wal import use_wal

SOURCE = "json_extract(metadata, '$.document_id')"  # spelt as in the schema, so that SQLite takes its index
SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, content TEXT NOT NULL, metadata TEXT NOT NULL,
    vector BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS documents_by_source ON documents (json_extract(metadata, '$.document_id'));
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT OR IGNORE INTO state VALUES ('change', '0');
INSERT OR IGNORE INTO state SELECT 'dimension', length(vector) / 4 FROM documents LIMIT 1;

-- Rows that are gone, with the change that deleted them: an index takes them out without being built again.
CREATE TABLE IF NOT EXISTS gone (row INTEGER PRIMARY KEY, change INTEGER NOT NULL);
CREATE TRIGGER IF NOT EXISTS note_gone AFTER DELETE ON documents BEGIN
    INSERT OR REPLACE INTO gone SELECT OLD.row, 1 + value FROM state WHERE name = 'change';
END;
"""
COLUMNS = "id, content, metadata"
BLOCK = 4096
"""Vectors read at once: 6 MB of fp32 at 384 dimensions."""


class Documents:
    """One file; one connection writes, and every thread that reads has its own while it does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._free: list[sqlite3.Connection] = []
        self._writing = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = self._connect()
            use_wal(self._writer)
            self._writer.executescript(SCHEMA)
        except (OSError, sqlite3.DatabaseError) as error:
            raise BackendError(
                "The vectors in {folder} cannot be opened: {reason}.",
                hint=hint_for(path.parent, "Make them again with: ondol verify --repair"),
                folder=path.parent, reason=error,
            ) from error  # fmt: skip

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=60, isolation_level=None, check_same_thread=False)

    def close(self) -> None:
        for connection in (*self._free, self._writer):
            connection.close()
        self._free.clear()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, one writer at a time, also of those in other processes."""
        with self._writing:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                if self._writer.in_transaction:  # a full disk has ended it already
                    self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for this thread alone, which sees one state of the file and nothing half written.

        Threads must not share one: inside another thread's transaction they would see rows that may be rolled back.
        """
        try:
            connection = self._free.pop()
        except IndexError:
            connection = self._connect()
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            if connection.in_transaction:
                connection.execute("COMMIT")
            self._free.append(connection)

    def add(self, documents: Sequence[Document], vectors: Matrix) -> None:
        """Write N documents with vectors (N, dimension) of length 1; a known id is replaced.

        Raises:
            UsageError: the file holds vectors of another dimension.
        """
        halves = vectors.astype(np.float16)
        rows = [
            (document.id, document.page_content, json.dumps(document.metadata, ensure_ascii=False), half.tobytes())
            for document, half in zip(documents, halves, strict=True)
        ]
        with self.writing() as db:
            if db.execute("SELECT 1 FROM documents LIMIT 1").fetchone():
                self.check_dimension(dimension(db), given=vectors.shape[1])
            db.execute("INSERT OR REPLACE INTO state VALUES ('dimension', ?)", [vectors.shape[1]])
            db.executemany("DELETE FROM documents WHERE id = ?", [(document.id,) for document in documents])
            db.executemany(f"INSERT INTO documents ({COLUMNS}, vector) VALUES (?, ?, ?, ?)", rows)  # noqa: S608
            _count_change(db)

    def delete(self, ids: Sequence[str]) -> None:
        with self.writing() as db:
            db.executemany("DELETE FROM documents WHERE id = ?", [(name,) for name in ids])
            _count_change(db)

    def get(self, ids: Sequence[str]) -> list[Document]:
        query = f"SELECT {COLUMNS} FROM documents WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608
        with self.reading() as db:
            rows = db.execute(query, [json.dumps(list(ids))]).fetchall()
        return [Document(id=name, page_content=text, metadata=json.loads(values)) for name, text, values in rows]

    def vectors(self, ids: Sequence[str]) -> dict[str, Matrix]:
        query = "SELECT id, vector FROM documents WHERE id IN (SELECT value FROM json_each(?))"
        with self.reading() as db:
            rows = db.execute(query, [json.dumps(list(ids))]).fetchall()
            matrix = decode([vector for _, vector in rows], dimension(db))
        return {name: row for (name, _), row in zip(rows, matrix, strict=True)}

    def names(self, rows: Iterable[int]) -> dict[int, str]:
        """Ids by row number; rows that are gone are left out."""
        query = "SELECT row, id FROM documents WHERE row IN (SELECT value FROM json_each(?))"
        with self.reading() as db:
            return dict(db.execute(query, [json.dumps(list(rows))]).fetchall())

    def list_ids(self) -> list[str]:
        with self.reading() as db:
            return [name for (name,) in db.execute("SELECT id FROM documents")]

    def count(self) -> int:
        with self.reading() as db:
            return int(db.execute("SELECT count(*) FROM documents").fetchone()[0])

    def rows(self, wanted: Filter) -> NDArray[np.int64]:
        """Row numbers of the documents whose metadata hold these values, rising."""
        tests, values = [], list[Any]()
        for name, value in wanted.items():
            place = SOURCE if name == "document_id" else "json_extract(metadata, ?)"
            values += [] if name == "document_id" else [f'$."{name}"']
            test = " IN (SELECT value FROM json_each(?))" if isinstance(value, list) else " IS ?"
            tests.append(place + test)
            values.append(json.dumps(value) if isinstance(value, list) else value)
        query = f"SELECT row FROM documents WHERE {' AND '.join(tests)} ORDER BY row"  # noqa: S608 - values are bound
        with self.reading() as db:
            return np.asarray([row for (row,) in db.execute(query, values)], dtype=np.int64)

    def check_dimension(self, kept: int, *, given: int) -> None:
        if kept != given:
            raise UsageError(
                "The vectors in {folder} have {kept} numbers, this embedder gives {given}.",
                hint="Open the collection with the embedder it was made with, or use another --collection.",
                folder=self.path.parent, kept=kept, given=given,
            )  # fmt: skip

    def find_damage(self) -> str:
        try:
            with self.reading() as db:
                (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            return str(error)
        return "" if found == "ok" else str(found)


def read_number(db: sqlite3.Connection, name: str) -> int:
    """A number of the table `state`, 0 when it is not there."""
    row = db.execute("SELECT CAST(value AS INTEGER) FROM state WHERE name = ?", [name]).fetchone()
    return int(row[0]) if row else 0


def dimension(db: sqlite3.Connection) -> int:
    return read_number(db, "dimension")


def vectors_after(db: sqlite3.Connection, row: int) -> Iterator[tuple[NDArray[np.int64], Matrix]]:
    """Row numbers and vectors of everything written after `row`, in blocks, rising."""
    size = dimension(db)
    cursor = db.execute("SELECT row, vector FROM documents WHERE row > ? ORDER BY row", [row])
    while block := cursor.fetchmany(BLOCK):
        yield np.asarray([number for number, _ in block], dtype=np.int64), decode([blob for _, blob in block], size)


def sample_vectors(db: sqlite3.Connection, count: int) -> Matrix:
    """So many of the stored vectors, from all over the file; all when there are fewer."""
    rows = np.sort(np.asarray(db.execute("SELECT row FROM documents").fetchall(), dtype=np.int64)[:, 0])
    chosen = rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(np.int64)]
    query = "SELECT vector FROM documents WHERE row IN (SELECT value FROM json_each(?))"
    return decode([blob for (blob,) in db.execute(query, [json.dumps(chosen.tolist())])], dimension(db))


def decode(blobs: Sequence[bytes], size: int) -> Matrix:
    """Stored vectors as (N, size) float32."""
    if all(len(blob) == 2 * size for blob in blobs):
        return np.frombuffer(b"".join(blobs), dtype=np.float16).reshape(len(blobs), size).astype(np.float32)
    kinds = {2 * size: np.float16, 4 * size: np.float32}
    return np.stack([np.frombuffer(blob, dtype=kinds[len(blob)]).astype(np.float32) for blob in blobs])


def _count_change(db: sqlite3.Connection) -> None:
    db.execute("UPDATE state SET value = value + 1 WHERE name = 'change'")
