"""Bring vectors and words up to the rows: the step that a killed process may have left undone."""

from __future__ import annotations

import fcntl
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from langchain_core.documents import Document

from ondol.library.chunk_texts import next_chunks
from ondol.library.database import transaction
from ondol.library.words import Words
from ondol.progress import Progress
from ondol.vector_stores.contract import LibraryStore

BATCH = 64
"""Chunks embedded at once; the bar moves every five seconds on one core. At their end a core has nothing to do."""

WORDS_AFTER = 8 * BATCH
"""Chunks whose terms are kept in memory until they are written."""


@contextmanager
def one_writer(folder: Path) -> Iterator[None]:
    """Wait until no other process writes vectors or words here; the lock of a killed process is free."""
    with (folder / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def only_writer(folder: Path) -> Iterator[bool]:
    """As `one_writer`, but does not wait: False while another process writes."""
    with (folder / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def is_free(folder: Path) -> bool:
    """Whether no other process writes vectors or words here just now."""
    with only_writer(folder) as alone:
        return alone


def count_unfinished(db: sqlite3.Connection) -> tuple[int, int]:
    """Pending chunks and tombstones."""
    pending = db.execute("SELECT count(*) FROM chunks WHERE state = 'pending'").fetchone()[0]
    return int(pending), int(db.execute("SELECT count(*) FROM tombstones").fetchone()[0])


def finish(
    db: sqlite3.Connection, vectors: Callable[[], LibraryStore], words: Words, *, folder: Path, progress: Progress
) -> None:
    """Delete what belongs to tombstones, embed pending chunks, index their words; every batch is durable by itself.

    A chunk becomes live when its vector is written, so what is cut off here is taken up by the next call.
    """
    if not any(count_unfinished(db)) and not words.waiting():
        return
    with one_writer(folder):
        pending, tombstones = count_unfinished(db)
        if pending or tombstones:
            store = vectors()
            _delete_gone(db, store, words)
            if pending:
                _embed(db, store, words, pending, progress)
                _delete_gone(db, store, words)  # chunks that another process removed while they were embedded
        words.write_waiting(progress)


def fill(db: sqlite3.Connection, store: LibraryStore, progress: Progress) -> None:
    """Give a store the vectors of all live chunks, and take those of chunks that are gone; no row is changed."""
    live = [row[0] for row in db.execute("SELECT id FROM chunks WHERE state = 'live' ORDER BY number")]
    there = set(store.list_ids())
    known = {row[0] for row in db.execute("SELECT id FROM chunks")}  # asked last: rows come before their vectors
    store.delete(sorted(there - known))
    missing = [name for name in live if name not in there]
    if not missing:
        return
    progress.begin("Embedding", len(missing), "chunks")
    try:
        for first in range(0, len(missing), BATCH):
            chosen = [json.dumps(missing[first : first + BATCH])]
            condition = "c.id IN (SELECT value FROM json_each(?))"
            documents = next_chunks(db, condition, chosen, order="c.number", limit=BATCH)
            store.add_documents(documents, ids=[str(document.id) for document in documents])
            progress.advance(len(documents))
    finally:
        progress.end()


def _embed(db: sqlite3.Connection, store: LibraryStore, words: Words, pending: int, progress: Progress) -> None:
    """Embed what is pending; words are analysed meanwhile, where the embedder leaves a core some time."""
    progress.begin("Embedding", pending, "chunks")
    try:
        embedded = 0
        with ThreadPoolExecutor(1) as beside:
            while documents := next_chunks(db, "c.state = 'pending'", order="c.source_id, c.ordinal", limit=BATCH):
                analysed = beside.submit(words.analyse_ahead, documents)
                store.add_documents(documents, ids=[str(document.id) for document in documents])
                analysed.result()
                _mark_live(db, documents)
                progress.advance(len(documents))
                embedded += len(documents)
                if embedded % WORDS_AFTER < BATCH:
                    words.write_ahead()
        words.write_ahead()
    finally:
        progress.end()


def _mark_live(db: sqlite3.Connection, documents: Sequence[Document]) -> None:
    names = json.dumps([document.id for document in documents])
    with transaction(db):
        db.execute("UPDATE chunks SET state = 'live' WHERE id IN (SELECT value FROM json_each(?))", [names])


def _delete_gone(db: sqlite3.Connection, store: LibraryStore, words: Words) -> None:
    """Vectors and words go first, tombstones after them."""
    names = [row[0] for row in db.execute("SELECT id FROM tombstones")]
    if not names:
        return
    store.delete(names)
    words.delete(names)
    with transaction(db):
        db.execute("DELETE FROM tombstones WHERE id IN (SELECT value FROM json_each(?))", [json.dumps(names)])
