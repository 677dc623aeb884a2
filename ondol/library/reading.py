"""Questions to the library's rows that need no vectors."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from langchain_core.documents import Document

from ondol.errors import NotFound
from ondol.lang import nfc
from ondol.library.languages import fill_languages
from ondol.library.rows import Place, Source
from ondol.registry import nearest

COLUMNS = ", ".join(field.name for field in fields(Source))
TAGS = """(SELECT json_group_array(tag) FROM
              (SELECT tag FROM tags WHERE source_id = sources.id ORDER BY folded)) AS tags"""


def find_source(db: sqlite3.Connection, name: str) -> Source:
    """The source with this document id, path as it was added, or path of its file.

    Raises:
        NotFound: there is none; the nearest one is told.
    """
    row = find_row(db, name)
    if row:
        return Source(**row)
    known = [value for pair in db.execute("SELECT document_id, source FROM sources LIMIT 20000") for value in pair]
    close = nearest(nfc(name), known)
    raise NotFound(
        "The library has no source '{name}'.",
        hint="Did you mean '{close}'? All of them: ondol list --sources" if close else "See: ondol list --sources",
        name=name,
        close=close,
    )


def find_with_parts(db: sqlite3.Connection, name: str) -> set[int]:
    """Ids of the source that `name` means, and of all that lie in its file when it means the file.

    Raises:
        NotFound: there is none; the nearest one is told.
    """
    source = find_source(db, name)
    by_itself = source.part and nfc(name) in (source.document_id, source.source)
    if by_itself or source.place is None:
        return {source.id}
    return {row[0] for row in db.execute("SELECT id FROM sources WHERE place = ?", [source.place])}


def names_of(db: sqlite3.Connection, source_ids: Iterable[int]) -> list[str]:
    """Document ids, in the order of their paths."""
    query = "SELECT document_id FROM sources WHERE id IN (SELECT value FROM json_each(?)) ORDER BY source"
    return [row[0] for row in db.execute(query, [json.dumps(list(source_ids))])]


def find_row(db: sqlite3.Connection, name: str) -> sqlite3.Row | None:
    place = absolute_path(name)
    tests = {"document_id": [nfc(name)], "source": [nfc(name)], "place": [place, _resolved(place)]}
    for column, values in tests.items():
        query = f"SELECT {COLUMNS} FROM sources WHERE {column} IN (SELECT value FROM json_each(?))"  # noqa: S608
        row: sqlite3.Row | None = db.execute(query, [json.dumps(values)]).fetchone()
        if row:
            return row
    return None


def list_sources(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """A row for every source, by path: what `ondol list --sources` shows."""
    fill_languages(db)
    rows = db.execute(
        f"""SELECT document_id, source, title, format, bytes, version, added, updated, language, date, author,
                  unit, {TAGS},
                  (SELECT count(*) FROM chunks WHERE source_id = sources.id) AS chunks,
                  (SELECT count(*) FROM pages WHERE source_id = sources.id) AS pages
           FROM sources ORDER BY source"""  # noqa: S608
    )
    return [{**row, "tags": json.loads(row["tags"])} for row in map(dict, rows)]


def read_metadata(db: sqlite3.Connection, source: Source) -> dict[str, Any]:
    """Language, date and tags of a source: what filters ask for."""
    fill_languages(db)
    row = db.execute(f"SELECT language, date, {TAGS} FROM sources WHERE id = ?", [source.id]).fetchone()  # noqa: S608
    return {**dict(row), "tags": json.loads(row["tags"])}


def read_text(db: sqlite3.Connection, source: Source) -> str:
    query = "SELECT text FROM pieces WHERE source_id = ? ORDER BY start"
    return "".join(row[0] for row in db.execute(query, [source.id]))


def usual_chunking(db: sqlite3.Connection) -> str:
    """How most sources were split, `max/overlap/min` of their recipes; empty without sources."""
    query = """SELECT substr(recipe, instr(recipe, '/') + 1) FROM sources WHERE recipe LIKE '%/%/%/%'
               GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"""
    row = db.execute(query).fetchone()
    return str(row[0]) if row else ""


def read_slice(db: sqlite3.Connection, document_id: str, start: int, end: int) -> str:
    """`text[start:end]` of a source; empty when there is no such source."""
    rows = db.execute(
        """SELECT t.start, t.text FROM pieces t JOIN sources s ON s.id = t.source_id
           WHERE s.document_id = ? AND t.start < ? AND t."end" > ? ORDER BY t.start""",
        [document_id, end, start],
    )
    return "".join(text[max(0, start - first) : end - first] for first, text in rows)


def read_pages(db: sqlite3.Connection, source: Source) -> list[dict[str, Any]]:
    query = 'SELECT page, start, "end", name FROM pages WHERE source_id = ? ORDER BY page'
    return [dict(row) for row in db.execute(query, [source.id])]


def read_chunks(db: sqlite3.Connection, source: Source) -> list[dict[str, Any]]:
    query = 'SELECT start, "end", heading, tokens FROM chunks WHERE source_id = ? ORDER BY ordinal'
    return [dict(row) for row in db.execute(query, [source.id])]


def heading_at(db: sqlite3.Connection, document_id: str, offset: int) -> str:
    """Path of headings above character `offset`; empty where there is none."""
    row = db.execute(
        """SELECT c.heading FROM chunks c JOIN sources s ON s.id = c.source_id
           WHERE s.document_id = ? AND c.start <= ? ORDER BY c.ordinal DESC LIMIT 1""",
        [document_id, offset],
    ).fetchone()
    return str(row[0]) if row else ""


def chunks_around(db: sqlite3.Connection, chunk_id: str, count: int) -> list[dict[str, Any]]:
    """This chunk and up to `count` before and after it in its source, in the order of the text; empty when unknown."""
    rows = db.execute(
        """SELECT n.id, n.ordinal, n.start, n."end", n.heading, n.tokens
           FROM chunks c JOIN chunks n ON n.source_id = c.source_id
           WHERE c.id = ?2 AND n.ordinal BETWEEN c.ordinal - ?1 AND c.ordinal + ?1 ORDER BY n.ordinal""",
        [count, chunk_id],
    )
    return [dict(row) for row in rows]


def show_source(db: sqlite3.Connection, source: Source, *, page: int | None) -> dict[str, Any]:
    """Text, pages and chunks of a source; with `page`, the text and the chunks of that page.

    Raises:
        NotFound: it has no such page.
    """
    text, pages, chunks = read_text(db, source), read_pages(db, source), read_chunks(db, source)
    if page is not None:
        start, end = page_span(source, pages, page)
        text = text[start:end]
        chunks = [row for row in chunks if row["start"] < end and start < row["end"]]
    head = {
        "document_id": source.document_id, "source": source.source, "title": source.title, "author": source.author,
        "format": source.format, "unit": source.unit, "hidden": source.hidden,
    }  # fmt: skip
    return {**head, **read_metadata(db, source), "pages": pages, "text": text, "chunks": chunks}


def page_span(source: Source, pages: list[dict[str, Any]], page: int) -> tuple[int, int]:
    """Start and end of a page.

    Raises:
        NotFound: there is no such page.
    """
    for row in pages:
        if row["page"] == page:
            return row["start"], row["end"]
    raise NotFound(
        "{source} has no page {page}.",
        hint="It has pages 1 to {last}." if pages else "Its format has no pages.",
        source=source.source,
        page=page,
        last=len(pages),
    )


def list_failures(db: sqlite3.Connection) -> list[dict[str, str]]:
    """The files that could not be read when they were added last, as problems."""
    return [
        {"kind": "unreadable", "what": f"{path}: {reason}", "fix": f'ondol add "{path}" when it is mended'}
        for path, reason in db.execute("SELECT path, reason FROM failures ORDER BY path")
    ]


def place_at(db: sqlite3.Connection, document_id: str, offset: int) -> Place:
    """The page, slide, sheet, section or time that character `offset` stands on."""
    row = db.execute(
        """SELECT p.page, s.unit, p.name FROM pages p JOIN sources s ON s.id = p.source_id
           WHERE s.document_id = ? AND p.start <= ? ORDER BY p.page DESC LIMIT 1""",
        [document_id, offset],
    ).fetchone()
    return Place(*row) if row else Place(None)


def live_chunks(db: sqlite3.Connection, scored: Sequence[tuple[str, float]]) -> list[Document]:
    """Chunks as documents, in the order given; ids that are removed, replaced or not ready yet are left out.

    The slice is the `page_content`; the metadata hold score, document_id, source, title, page, unit, page_name, start,
    end, heading.
    """
    rows = db.execute(
        """SELECT c.id, s.document_id, s.source, s.title, c.start, c."end", c.heading, p.page, s.unit,
                  coalesce(p.name, '') AS page_name,
                  substr(t.text, c.start - t.start + 1, c."end" - c.start) AS text
           FROM chunks c JOIN sources s ON s.id = c.source_id JOIN pieces t
               ON t.source_id = c.source_id AND t.start <= c.start AND c."end" <= t."end"
               LEFT JOIN pages p ON p.source_id = c.source_id
               AND p.page = (SELECT max(page) FROM pages q WHERE q.source_id = c.source_id AND q.start <= c.start)
           WHERE c.state = 'live' AND c.id IN (SELECT value FROM json_each(?))""",
        [json.dumps([name for name, _ in scored])],
    )
    found = {row["id"]: dict(row) for row in rows}
    return [_document(found[name], score) for name, score in scored if name in found]


def _document(row: dict[str, Any], score: float) -> Document:
    row = dict(row)
    name, text = row.pop("id"), row.pop("text")
    return Document(id=name, page_content=text, metadata={"score": score, **row})


def absolute_path(name: str) -> str:
    """The path from the root; `~name` of somebody who is not here stays as it is."""
    try:
        return str(Path(name).expanduser().absolute())
    except RuntimeError:
        return str(Path(name).absolute())


def _resolved(place: str) -> str:
    try:
        return str(Path(place).resolve())
    except (OSError, RuntimeError, ValueError):  # a loop of links, or a null byte, is nobody's place
        return place
