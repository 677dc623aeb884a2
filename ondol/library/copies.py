"""Sources as they stand in the library, to be written again after they were removed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from ondol.library import reading
from ondol.library.files import KnownFile
from ondol.library.rows import Chunk, Draft, Piece, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What `Library.remove` takes away, without the vectors: the same chunks give the same ids again."""

    drafts: list[Draft]
    files: list[KnownFile]
    tags: dict[str, list[str]]
    """Document id → tags that a person gave; those of the source itself are in its draft."""

    @property
    def characters(self) -> int:
        return sum(len(piece.text) for draft in self.drafts for piece in draft.pieces)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Copy:
        return cls(
            drafts=[_draft_from(draft) for draft in row["drafts"]], files=[KnownFile(*file) for file in row["files"]],
            tags=row["tags"],
        )  # fmt: skip


def _draft_from(row: dict[str, Any]) -> Draft:
    pieces = [Piece(**{**piece, "chunks": [Chunk(**chunk) for chunk in piece["chunks"]]}) for piece in row["pieces"]]
    return Draft(**{**row, "pieces": pieces, "pages": [(start, end) for start, end in row["pages"]]})


def count_characters(db: sqlite3.Connection, source_ids: Iterable[int]) -> int:
    query = """SELECT coalesce(sum("end" - start), 0) FROM pieces
               WHERE source_id IN (SELECT value FROM json_each(?))"""
    return int(db.execute(query, [json.dumps(list(source_ids))]).fetchone()[0])


def copy_sources(db: sqlite3.Connection, source_ids: Iterable[int]) -> Copy:
    """Texts, chunks, pages, tags and files of sources; ids that are gone are passed over."""
    query = f"SELECT {reading.COLUMNS}, sha256, recipe, date FROM sources WHERE id = ?"  # noqa: S608 - our own names
    rows = [row for source_id in source_ids for row in db.execute(query, [source_id])]
    files = {row["place"]: _file(db, row["place"]) for row in rows if row["place"]}
    return Copy(
        drafts=[_draft(db, dict(row)) for row in rows],
        files=[file for file in files.values() if file],
        tags={row["document_id"]: _tags(db, row["id"], given=True) for row in rows},
    )


def _draft(db: sqlite3.Connection, row: dict[str, Any]) -> Draft:
    sha256, recipe, date = row.pop("sha256"), row.pop("recipe"), row.pop("date")
    source = Source(**row)
    pages = reading.read_pages(db, source)
    return Draft(
        document_id=source.document_id, source=source.source, place=source.place, part=source.part, title=source.title,
        format=source.format, bytes=source.bytes, sha256=sha256, recipe=recipe, pieces=_pieces(db, source),
        pages=[(page["start"], page["end"]) for page in pages], page_names=[page["name"] for page in pages],
        unit=source.unit, author=source.author, hidden=source.hidden, date=date,
        tags=_tags(db, source.id, given=False),
    )  # fmt: skip


def _pieces(db: sqlite3.Connection, source: Source) -> list[Piece]:
    chunks = [Chunk(**row) for row in reading.read_chunks(db, source)]
    query = 'SELECT start, "end", text, structure FROM pieces WHERE source_id = ? ORDER BY start'
    return [
        Piece(start, text, [chunk for chunk in chunks if start <= chunk.start and chunk.end <= end], structure)
        for start, end, text, structure in db.execute(query, [source.id])
    ]


def _tags(db: sqlite3.Connection, source_id: int, *, given: bool) -> list[str]:
    query = "SELECT tag FROM tags WHERE source_id = ? AND given = ? ORDER BY folded"
    return [row[0] for row in db.execute(query, [source_id, given])]


def _file(db: sqlite3.Connection, place: str) -> KnownFile | None:
    row = db.execute("SELECT place, path, sha256, recipe FROM files WHERE place = ?", [place]).fetchone()
    return KnownFile(*row) if row else None
