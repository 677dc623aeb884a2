"""Embedder and vector store of a collection: opened when something needs them, again when another process has changed
which they are.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from langchain_core.embeddings import Embeddings

from ondol.embeddings.contract import TextEmbeddings
from ondol.embeddings.fingerprint import Fingerprint
from ondol.errors import OtherFingerprint
from ondol.library import finishing, reading
from ondol.library.database import transaction
from ondol.library.folders import other_fingerprint
from ondol.library.on_first_use import OnFirstUse
from ondol.library.shadow import Vectors
from ondol.progress import Progress
from ondol.vector_stores.contract import LibraryStore

OpenEmbeddings = Callable[[str], TextEmbeddings]
OpenStore = Callable[[str, Embeddings, Path], LibraryStore]


class Opened:
    """The half of `Library` that knows models and vector stores."""

    name: str
    folder: Path
    _db: sqlite3.Connection
    _meta: dict[str, str]
    _seen: int
    """SQLite's count of what other connections have changed, as `_meta` was read."""
    _filling: threading.Lock
    _filled = -1
    """`_seen` as the store was last known to hold the vectors."""
    _open_embeddings: OpenEmbeddings
    _open_store: OpenStore

    @property
    def embeddings(self) -> TextEmbeddings:
        """The collection's embedder.

        Raises:
            OtherFingerprint: it would not give the vectors that the collection holds (other weights, for example).
        """
        self._follow()
        return self._embedder

    @cached_property
    def _embedder(self) -> TextEmbeddings:
        embedder = self._open_embeddings(self._meta["embeddings"])
        given = embedder.fingerprint
        stored = self._meta.get("fingerprint", given.to_json())
        if Fingerprint.from_json(stored) != given:
            raise self._other_fingerprint(f"{given.model} ({given.digest})")
        return embedder

    def _open_parts(self) -> None:
        """Before the first write: a mistaken name must not become the collection's."""
        _ = self._embedder, self._store

    @property
    def embeddings_spec(self) -> str:
        self._follow()
        return self._meta["embeddings"]

    @property
    def store_name(self) -> str:
        self._follow()
        return self._meta["store"]

    @property
    def chunking(self) -> str:
        """How the texts are split, as `max/overlap/min` tokens; empty while nothing was."""
        self._follow()
        return self._meta.get("chunking") or reading.usual_chunking(self._db)

    @property
    def previous(self) -> Vectors | None:
        """The vectors before the last `reindex`, which are kept."""
        self._follow()
        return Vectors.noted(self._meta, "previous")

    def open_embedder(self, spec: str) -> TextEmbeddings:
        """Another embedder than the collection's."""
        return self._open_embeddings(spec)

    @cached_property
    def _store(self) -> LibraryStore:
        return self._open_vectors(Vectors.of(self._meta), OnFirstUse(lambda: self._embedder))

    def _fill(self, progress: Progress) -> None:
        """Bring a store that is this process's own up to what all processes have written."""
        with self._filling:
            seen = self._seen
            if self._filled != seen:
                finishing.fill(self._db, self._store, progress)
                self._filled = seen

    def _has_lost_all(self) -> bool:
        """Looked at again when another process has written."""
        seen = self._seen
        if self._filled == seen:
            return False
        if not self._store.count() and self._db.execute("SELECT 1 FROM chunks WHERE state = 'live'").fetchone():
            return True
        self._filled = seen
        return False

    def _open_vectors(self, vectors: Vectors, embedder: Embeddings) -> LibraryStore:
        return self._open_store(vectors.store, embedder, self.folder / vectors.folder)

    def _current_store(self) -> LibraryStore:
        """The vector store that counts now; asked for under the lock, when no other process changes which that is."""
        self._follow()
        return self._store

    def _follow(self) -> None:
        """Take up what another process has made of the collection."""
        version = self._db.execute("PRAGMA data_version").fetchone()[0]
        if version != self._seen:
            self._seen = version
            self._follow_now()

    def _follow_now(self) -> None:
        before = self._meta
        self._meta = dict(self._db.execute("SELECT name, value FROM meta").fetchall())
        if before.get("fingerprint") and Vectors.of(before) != Vectors.of(self._meta):
            self._let_go()

    def _let_go(self) -> None:
        if "_store" in self.__dict__:
            self._store.close()
        if hasattr(self.__dict__.get("_embedder"), "close"):
            self.__dict__["_embedder"].close()
        for part in ("_store", "_embedder"):
            self.__dict__.pop(part, None)
        self._filled = -1

    def _write_meta(self, **values: str) -> None:
        if values.items() <= self._meta.items():
            return
        with transaction(self._db) as db:
            db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())
        self._meta.update(values)

    def _other_fingerprint(self, given: str) -> OtherFingerprint:
        stored = Fingerprint.from_json(self._meta["fingerprint"])
        return other_fingerprint(self.name, self._meta["embeddings"], stored.digest, given)
