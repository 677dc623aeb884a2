"""Chunks as embedder and word index are given them: under a line with title and headings."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from langchain_core.documents import Document

from ondol.library.embedding_text import embedding_text


def next_chunks(
    db: sqlite3.Connection, condition: str, values: Sequence[object] = (), *, order: str, limit: int
) -> list[Document]:
    """The first `limit` chunks that fit `condition`, which is ours; foreign values in it are bound."""
    rows = db.execute(
        f"""SELECT c.number, c.id, c.source_id, c.start, c."end", c.heading, s.document_id, s.title
            FROM chunks c JOIN sources s ON s.id = c.source_id WHERE {condition} ORDER BY {order} LIMIT ?""",  # noqa: S608
        [*values, limit],
    ).fetchall()
    pieces = Pieces(db)
    documents = []
    for row in rows:
        text = pieces.slice(row["source_id"], row["start"], row["end"])
        content = embedding_text(row["title"], row["heading"], text)
        metadata = {"document_id": row["document_id"], "number": row["number"]}
        documents.append(Document(id=row["id"], page_content=content, metadata=metadata))
    return documents


class Pieces:
    """Slices of texts; the piece that was read last is kept, for SQLite would read the whole of it for every slice."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._at, self._text = (-1, 0, 0), ""

    def slice(self, source_id: int, start: int, end: int) -> str:
        """`text[start:end]`, which lies in one piece."""
        source, first, last = self._at
        if source != source_id or not first <= start <= end <= last:
            query = """SELECT start, "end", text FROM pieces WHERE source_id = ? AND start <= ?
                       ORDER BY start DESC LIMIT 1"""
            first, last, self._text = self._db.execute(query, [source_id, start]).fetchone()
            self._at = (source_id, first, last)
        return self._text[start - first : end - first]
