"""How much a collection holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from ondol.errors import BackendError
from ondol.library import checking, reading
from ondol.library.words import Words
from ondol.vector_stores.contract import LibraryStore


def read_state(
    db: sqlite3.Connection, open_store: Callable[[], LibraryStore], words: Words, *, collection: str
) -> dict[str, Any]:
    """Counts of sources, chunks, vectors and chunks in the word index, and the files that could not be read."""
    vectors, search, damage = _count_vectors(open_store, collection)
    counts = {
        table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - our own names
        for table in ("sources", "chunks")
    }
    return {
        **counts,
        "vectors": vectors,
        "search": search,
        "words": counts["chunks"] - words.waiting(),
        "analyser": words.made_by(),
        "problems": [*damage, *reading.list_failures(db)],
    }


def _count_vectors(open_store: Callable[[], LibraryStore], collection: str) -> tuple[int, str, list[dict[str, str]]]:
    """How many there are, how they are searched, and the problem that they cannot be read."""
    try:
        store = open_store()
        return store.count(), store.describe(), []
    except (BackendError, sqlite3.DatabaseError) as error:
        return 0, "", [checking.damaged_vectors(str(getattr(error, "message", error)), collection)]
