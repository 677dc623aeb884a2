"""Compare texts, chunks and vectors, and mend what can be mended."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ondol.library.database import transaction
from ondol.library.finishing import count_unfinished
from ondol.library.rows import text_hash
from ondol.library.writing import bury
from ondol.vector_stores.contract import LibraryStore

REPAIR = "ondol verify --repair"
Problem = dict[str, str]


def find_problems(db: sqlite3.Connection, store: LibraryStore, *, folder: Path) -> list[Problem]:
    """Everything that is not as it should be; each row has `kind`, `what` and `fix` (a command)."""
    problems = [*_damage(db, folder), *_bad_texts(db)]
    pending, tombstones = count_unfinished(db)
    if pending:
        problems.append(_problem("pending", f"{pending} chunks wait for their vectors", REPAIR))
    if tombstones:
        problems.append(_problem("tombstones", f"{tombstones} removed chunks may still have vectors", REPAIR))
    missing, superfluous = _compare(db, store)
    if missing:
        problems.append(_problem("missing-vectors", f"{len(missing)} chunks have no vector", REPAIR))
    if superfluous:
        problems.append(_problem("superfluous-vectors", f"{len(superfluous)} vectors belong to no chunk", REPAIR))
    return problems


def mark_repairs(db: sqlite3.Connection, store: LibraryStore) -> None:
    """Write down what is wrong as unfinished work: chunks to embed, vectors to delete, sources to read again."""
    missing, superfluous = _compare(db, store)
    damaged = [source_id for source_id, _, _ in _damaged_texts(db)]
    with transaction(db):
        query = "UPDATE chunks SET state = 'pending' WHERE id IN (SELECT value FROM json_each(?))"
        db.execute(query, [json.dumps(sorted(missing))])
        db.executemany("INSERT OR IGNORE INTO tombstones VALUES (?)", [(name,) for name in superfluous])
        for source_id in damaged:  # no quote may come from such a text; `add` finds other bytes and reads it again
            bury(db, "source_id = ?", [source_id])
            db.execute("UPDATE sources SET sha256 = '' WHERE id = ?", [source_id])


def _compare(db: sqlite3.Connection, store: LibraryStore) -> tuple[set[str], set[str]]:
    """Live chunks without a vector, and vectors that no row accounts for.

    Asked in this order, a writer at work in another process is not taken for damage: rows come before their vectors.
    """
    live = {row[0] for row in db.execute("SELECT id FROM chunks WHERE state = 'live'")}
    vectors = set(store.list_ids())
    known = {row[0] for row in db.execute("SELECT id FROM chunks UNION ALL SELECT id FROM tombstones")}
    return live - vectors, vectors - known


def _damage(db: sqlite3.Connection, folder: Path) -> Iterator[Problem]:
    found = [row[0] for row in db.execute("PRAGMA integrity_check(3)")]
    if found != ["ok"]:
        yield _problem("damaged-database", "; ".join(found), f"move {folder} away and add the documents again")


def _bad_texts(db: sqlite3.Connection) -> Iterator[Problem]:
    for _, source, what in _damaged_texts(db):
        yield _problem("damaged-text", f"{source}: {what}", f'{REPAIR}; ondol add "{source}"')


def _damaged_texts(db: sqlite3.Connection) -> Iterator[tuple[int, str, str]]:
    """Sources whose text is not the one that was read, or whose slices do not fit it: id, path, what is wrong."""
    rows = db.execute(
        """SELECT s.id, s.source, s.text_sha256, t.text,
                  (SELECT count(*) FROM chunks c WHERE c.source_id = s.id
                   AND NOT (0 <= c.start AND c.start < c."end" AND c."end" <= length(t.text))) AS outside
           FROM sources s LEFT JOIN texts t ON t.source_id = s.id"""
    )
    for source_id, source, digest, text, outside in rows:
        if text is None or text_hash(text) != digest:
            yield source_id, source, "its text is not the one that was read"
        elif outside:
            yield source_id, source, f"{outside} chunks lie outside its text"


def _problem(kind: str, what: str, fix: str) -> Problem:
    return {"kind": kind, "what": what, "fix": fix}
