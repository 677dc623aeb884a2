"""Compare texts, chunks and vectors, and mend what can be mended."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from ondol.errors import BackendError, OtherAnalyser
from ondol.library.database import transaction
from ondol.library.finishing import count_unfinished
from ondol.library.folders import collection_option
from ondol.library.rows import text_hash
from ondol.library.words import Words
from ondol.library.writing import bury
from ondol.vector_stores.contract import LibraryStore

REPAIR = "ondol verify --repair"
Problem = dict[str, str]
OpenStore = Callable[[], LibraryStore]


def find_problems(
    db: sqlite3.Connection, open_store: OpenStore, words: Words, *, folder: Path, collection: str
) -> list[Problem]:
    """Everything that is not as it should be; each row has `kind`, `what` and `fix` (a command)."""
    damage = list(_damage(db, folder))
    if damage:
        return damage  # nothing else can be asked for
    repair = REPAIR + collection_option(collection)
    return [
        *_bad_texts(db, repair),
        *_unfinished(db, repair),
        *_wrong_vectors(db, open_store, repair),
        *_wrong_words(words, repair, collection),
    ]


def damaged_vectors(reason: str, collection: str) -> Problem:
    return _problem("damaged-vectors", f"the vectors cannot be read: {reason}", REPAIR + collection_option(collection))


def _unfinished(db: sqlite3.Connection, repair: str) -> Iterator[Problem]:
    pending, tombstones = count_unfinished(db)
    if pending:
        yield _problem("pending", f"{pending} chunks wait for their vectors", repair)
    if tombstones:
        yield _problem("tombstones", f"{tombstones} removed chunks may still have vectors", repair)


def _wrong_vectors(db: sqlite3.Connection, open_store: OpenStore, repair: str) -> Iterator[Problem]:
    damage = vector_damage(open_store)
    if damage:
        yield _problem("damaged-vectors", f"the vectors cannot be read: {damage}", repair)
        return
    missing, superfluous = _compare(db, open_store())
    if missing:
        yield _problem("missing-vectors", f"{len(missing)} chunks have no vector", repair)
    if superfluous:
        yield _problem("superfluous-vectors", f"{len(superfluous)} vectors belong to no chunk", repair)


def _wrong_words(words: Words, repair: str, collection: str) -> Iterator[Problem]:
    if words.made_by() not in ("", words.analyser):
        what = f"the word index was made with {words.made_by()}, words are analysed with {words.analyser} now"
        yield _problem("other-analyser", what, "ondol reindex" + collection_option(collection))
        return
    damage = words_damage(words)
    if damage:
        yield _problem("damaged-words", damage, repair)
    elif behind := words.behind():
        yield _problem("missing-words", f"{behind} chunks are not in the word index", repair)


def words_damage(words: Words) -> str:
    """Why the word index cannot be used; empty when it can, and when another analysis has made it."""
    try:
        missing = words.missing()
    except OtherAnalyser:
        return ""
    except BackendError as error:
        return error.message
    return f"{missing} chunks are missing in the word index" if missing else ""


def vector_damage(open_store: OpenStore) -> str:
    """Why the vectors cannot be read; empty when they can."""
    try:
        return open_store().find_damage()
    except BackendError as error:
        return error.message


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
            db.execute("DELETE FROM files WHERE place = (SELECT place FROM sources WHERE id = ?)", [source_id])


def _compare(db: sqlite3.Connection, store: LibraryStore) -> tuple[set[str], set[str]]:
    """Live chunks without a vector, and vectors that no row accounts for.

    Asked in this order, a writer at work in another process is not taken for damage: rows come before their vectors.
    """
    live = {row[0] for row in db.execute("SELECT id FROM chunks WHERE state = 'live'")}
    vectors = set(store.list_ids())
    known = {row[0] for row in db.execute("SELECT id FROM chunks UNION ALL SELECT id FROM tombstones")}
    return live - vectors, vectors - known


def _damage(db: sqlite3.Connection, folder: Path) -> Iterator[Problem]:
    try:
        found = [row[0] for row in db.execute("PRAGMA integrity_check(3)")]
    except sqlite3.DatabaseError as error:
        found = [str(error)]
    if found != ["ok"]:
        yield _problem("damaged-database", "; ".join(found), f"move {folder} away and add the documents again")


def _bad_texts(db: sqlite3.Connection, repair: str) -> Iterator[Problem]:
    for _, source, what in _damaged_texts(db):
        yield _problem("damaged-text", f"{source}: {what}", f'{repair}; ondol add "{source}"')


def _damaged_texts(db: sqlite3.Connection) -> Iterator[tuple[int, str, str]]:
    """Sources whose text is not the one that was read, or whose slices do not fit it: id, path, what is wrong."""
    sources = db.execute("SELECT id, source, text_sha256 FROM sources").fetchall()
    pieces = "SELECT text FROM pieces WHERE source_id = ? ORDER BY start"
    outside = """SELECT count(*) FROM chunks c WHERE c.source_id = ?1 AND NOT EXISTS (
                     SELECT 1 FROM pieces t WHERE t.source_id = ?1 AND t.start <= c.start AND c.start < c."end"
                     AND c."end" <= t."end")"""
    for source_id, source, digest in sources:
        if text_hash(text for (text,) in db.execute(pieces, [source_id])) != digest:
            yield source_id, source, "its text is not the one that was read"
        elif count := db.execute(outside, [source_id]).fetchone()[0]:
            yield source_id, source, f"{count} chunks lie outside its text"


def _problem(kind: str, what: str, fix: str) -> Problem:
    return {"kind": kind, "what": what, "fix": fix}
