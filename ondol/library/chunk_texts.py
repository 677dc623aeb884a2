"""Chunks as embedder and word index are given them: under a line with title and headings."""

from __future__ import annotations

import sqlite3

from langchain_core.documents import Document

from ondol.library.embedding_text import embedding_text


def next_chunks(db: sqlite3.Connection, condition: str, *, order: str, limit: int) -> list[Document]:
    """The first `limit` chunks that fit `condition`, which is ours and has no foreign values in it."""
    rows = db.execute(
        f"""SELECT c.number, c.id, c.source_id, c.start, c."end", c.heading, s.document_id, s.title
            FROM chunks c JOIN sources s ON s.id = c.source_id WHERE {condition} ORDER BY {order} LIMIT ?""",  # noqa: S608
        [limit],
    ).fetchall()
    texts: dict[int, str] = {}
    documents = []
    for row in rows:
        if row["source_id"] not in texts:  # sliced here: SQLite would read the whole text for every chunk
            query = "SELECT text FROM texts WHERE source_id = ?"
            texts[row["source_id"]] = db.execute(query, [row["source_id"]]).fetchone()[0]
        content = embedding_text(row["title"], row["heading"], texts[row["source_id"]][row["start"] : row["end"]])
        metadata = {"document_id": row["document_id"], "number": row["number"]}
        documents.append(Document(id=row["id"], page_content=content, metadata=metadata))
    return documents
