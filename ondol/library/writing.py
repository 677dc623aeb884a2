"""Changes of the library's rows; vectors follow afterwards (`finishing`)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime

from ondol.library.embedding_text import embedding_text
from ondol.library.languages import language_of
from ondol.library.rows import Draft, chunk_id, text_hash
from ondol.library.tags import write_own_tags


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def write_draft(db: sqlite3.Connection, draft: Draft) -> None:
    """Write or replace one source, inside a transaction.

    Chunks that the new text still has keep their vectors; new ones are pending, old ones become tombstones.
    """
    source_id = _write_source(db, draft)
    write_own_tags(db, source_id, draft.tags)
    rows = []
    for ordinal, chunk in enumerate(draft.chunks):
        embedded = embedding_text(draft.title, chunk.heading, draft.text[chunk.start : chunk.end])
        name = chunk_id(draft.document_id, chunk, embedded)
        rows.append((name, source_id, ordinal, chunk.start, chunk.end, chunk.heading, chunk.tokens))
    names = json.dumps([row[0] for row in rows])
    bury(db, "source_id = ? AND id NOT IN (SELECT value FROM json_each(?))", [source_id, names])
    db.executemany(
        """INSERT INTO chunks (id, source_id, ordinal, start, "end", heading, tokens, state)
           VALUES (?, ?, ?, ?, ?, ?, ?, 'pending') ON CONFLICT (id) DO UPDATE SET ordinal = excluded.ordinal""",
        rows,
    )
    db.execute("DELETE FROM tombstones WHERE id IN (SELECT value FROM json_each(?))", [names])
    db.execute("DELETE FROM pages WHERE source_id = ?", [source_id])
    pages = [(source_id, number, start, end) for number, (start, end) in enumerate(draft.pages, 1)]
    db.executemany("INSERT INTO pages VALUES (?, ?, ?, ?)", pages)


def _write_source(db: sqlite3.Connection, draft: Draft) -> int:
    row = db.execute("SELECT max(version) FROM versions WHERE document_id = ?", [draft.document_id]).fetchone()
    version, time = (row[0] or 0) + 1, now()
    (source_id,) = db.execute(
        """INSERT INTO sources (document_id, source, place, title, format, bytes, sha256, text_sha256, recipe,
                                version, added, updated, language, date)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (document_id) DO UPDATE SET
               source = excluded.source, place = excluded.place, title = excluded.title, format = excluded.format,
               bytes = excluded.bytes, sha256 = excluded.sha256, text_sha256 = excluded.text_sha256,
               recipe = excluded.recipe, version = excluded.version, updated = excluded.updated,
               language = excluded.language, date = excluded.date
           RETURNING id""",
        [
            draft.document_id, draft.source, draft.place, draft.title, draft.format, draft.bytes, draft.sha256,
            text_hash(draft.text), draft.recipe, version, time, time, language_of(draft.text), draft.date or time[:10],
        ],
    ).fetchone()  # fmt: skip
    db.execute("INSERT OR REPLACE INTO texts VALUES (?, ?)", [source_id, draft.text])
    db.execute("INSERT INTO versions VALUES (?, ?, ?, ?)", [draft.document_id, version, draft.sha256, time])
    return int(source_id)


def bury(db: sqlite3.Connection, condition: str, values: list[object]) -> None:
    """Turn the chunks that fit `condition` into tombstones: no search shows them from now on."""
    db.execute(f"INSERT OR IGNORE INTO tombstones SELECT id FROM chunks WHERE {condition}", values)  # noqa: S608
    db.execute(f"DELETE FROM chunks WHERE {condition}", values)  # noqa: S608 - conditions are ours, values are bound


def delete_sources(db: sqlite3.Connection, source_ids: Iterable[int]) -> None:
    for source_id in source_ids:
        bury(db, "source_id = ?", [source_id])
        db.execute("DELETE FROM sources WHERE id = ?", [source_id])
