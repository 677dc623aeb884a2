"""Changes of the library's rows; vectors follow afterwards (`finishing`)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime

from ondol.library.embedding_text import embedding_text
from ondol.library.languages import language_of
from ondol.library.likeness import note_likeness
from ondol.library.rows import Draft, Piece, chunk_id, text_hash
from ondol.library.tags import write_own_tags


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def stage(db: sqlite3.Connection, document_id: str, title: str, pieces: Iterable[Piece]) -> None:
    """Write pieces of a source beside the library, inside a transaction; `write_draft` puts them in their place."""
    for piece in pieces:
        if not piece.start:
            unstage(db, document_id)  # what a killed process has left
        end = piece.start + len(piece.text)
        db.execute(
            "INSERT INTO staged_pieces VALUES (?, ?, ?, ?, ?)",
            [document_id, piece.start, end, piece.text, piece.structure],
        )
        stage_chunks(db, document_id, title, piece)


def stage_chunks(db: sqlite3.Connection, document_id: str, title: str, piece: Piece) -> None:
    """Add the chunks of a piece behind those that are staged of the source."""
    query = "SELECT coalesce(max(ordinal) + 1, 0) FROM staged_chunks WHERE document_id = ?"
    first = db.execute(query, [document_id]).fetchone()[0]
    rows = []
    for ordinal, chunk in enumerate(piece.chunks, first):
        slice_ = piece.text[chunk.start - piece.start : chunk.end - piece.start]
        name = chunk_id(document_id, chunk, embedding_text(title, chunk.heading, slice_))
        rows.append((document_id, name, ordinal, chunk.start, chunk.end, chunk.heading, chunk.tokens))
    db.executemany("INSERT INTO staged_chunks VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def unstage(db: sqlite3.Connection, document_id: str) -> None:
    """Forget what was staged of a source and not written."""
    for table in ("staged_pieces", "staged_chunks"):
        db.execute(f"DELETE FROM {table} WHERE document_id = ?", [document_id])  # noqa: S608 - our own names


def write_draft(db: sqlite3.Connection, draft: Draft) -> int:
    """Write or replace one source, inside a transaction; returns its id.

    Chunks that the new text still has keep their vectors; new ones are pending, old ones become tombstones.
    """
    stage(db, draft.document_id, draft.title, draft.pieces)
    source_id = _write_source(db, draft)
    write_own_tags(db, source_id, draft.tags)
    db.execute("DELETE FROM pieces WHERE source_id = ?", [source_id])
    db.execute(
        """INSERT INTO pieces SELECT ?1, start, "end", text, structure FROM staged_pieces WHERE document_id = ?2""",
        [source_id, draft.document_id],
    )
    promote_chunks(db, source_id, draft.document_id)
    db.execute("DELETE FROM pages WHERE source_id = ?", [source_id])
    names = draft.page_names or [""] * len(draft.pages)
    numbered = enumerate(zip(draft.pages, names, strict=True), 1)
    pages = [(source_id, number, start, end, name) for number, ((start, end), name) in numbered]
    db.executemany("INSERT INTO pages VALUES (?, ?, ?, ?, ?)", pages)
    (text,) = db.execute("SELECT text FROM pieces WHERE source_id = ? AND start = 0", [source_id]).fetchone()
    note_likeness(db, source_id, text)
    unstage(db, draft.document_id)
    return source_id


def promote_chunks(db: sqlite3.Connection, source_id: int, document_id: str) -> None:
    """Put the staged chunks of a source in the place of those it has."""
    staged = "SELECT id FROM staged_chunks WHERE document_id = ?"
    bury(db, f"source_id = ? AND id NOT IN ({staged})", [source_id, document_id])
    db.execute(
        """INSERT INTO chunks (id, source_id, ordinal, start, "end", heading, tokens, state)
           SELECT id, ?1, ordinal, start, "end", heading, tokens, 'pending' FROM staged_chunks WHERE document_id = ?2
           ON CONFLICT (id) DO UPDATE SET ordinal = excluded.ordinal""",
        [source_id, document_id],
    )
    db.execute(f"DELETE FROM tombstones WHERE id IN ({staged})", [document_id])  # noqa: S608 - our own names


def _write_source(db: sqlite3.Connection, draft: Draft) -> int:
    row = db.execute("SELECT max(version) FROM versions WHERE document_id = ?", [draft.document_id]).fetchone()
    version, time = (row[0] or 0) + 1, now()
    query = "SELECT text FROM staged_pieces WHERE document_id = ? ORDER BY start"
    digest = text_hash(text for (text,) in db.execute(query, [draft.document_id]))
    first = db.execute(query, [draft.document_id]).fetchone()
    values = {
        "document_id": draft.document_id, "source": draft.source, "place": draft.place, "part": draft.part,
        "title": draft.title, "format": draft.format, "bytes": draft.bytes, "sha256": draft.sha256,
        "text_sha256": digest, "recipe": draft.recipe, "version": version, "added": time, "updated": time,
        "language": language_of(first[0]), "date": draft.date or time[:10], "author": draft.author,
        "unit": draft.unit, "hidden": draft.hidden,
    }  # fmt: skip
    kept = ("document_id", "added")
    changes = ", ".join(f"{name} = excluded.{name}" for name in values if name not in kept)
    (source_id,) = db.execute(
        f"""INSERT INTO sources ({", ".join(values)}) VALUES ({", ".join("?" * len(values))})
            ON CONFLICT (document_id) DO UPDATE SET {changes} RETURNING id""",  # noqa: S608 - our own names
        list(values.values()),
    ).fetchone()
    db.execute("INSERT INTO versions VALUES (?, ?, ?, ?)", [draft.document_id, version, draft.sha256, time])
    return int(source_id)


def bury(db: sqlite3.Connection, condition: str, values: list[object]) -> None:
    """Turn the chunks that fit `condition` into tombstones: no search shows them from now on."""
    db.execute(f"INSERT OR IGNORE INTO tombstones SELECT id FROM chunks WHERE {condition}", values)  # noqa: S608
    db.execute(f"DELETE FROM chunks WHERE {condition}", values)  # noqa: S608 - conditions are ours, values are bound


def delete_documents(db: sqlite3.Connection, document_ids: Iterable[str]) -> None:
    """Delete sources by document id; those that another process has deleted are no mistake."""
    names = json.dumps(list(document_ids))
    query = "SELECT id FROM sources WHERE document_id IN (SELECT value FROM json_each(?))"
    delete_sources(db, [row[0] for row in db.execute(query, [names]).fetchall()])


def delete_sources(db: sqlite3.Connection, source_ids: Iterable[int]) -> None:
    """Delete sources; a file is forgotten with the last source that is from it."""
    for source_id in source_ids:
        bury(db, "source_id = ?", [source_id])
        places = db.execute("DELETE FROM sources WHERE id = ? RETURNING place", [source_id]).fetchall()
        query = "DELETE FROM files WHERE place = ?1 AND NOT EXISTS (SELECT 1 FROM sources WHERE place = ?1)"
        db.executemany(query, [(place,) for (place,) in places if place])
