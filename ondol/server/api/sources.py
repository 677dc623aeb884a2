"""/api/sources and /api/source: listed, shown, removed and taken back."""

from __future__ import annotations

import mimetypes
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field

from ondol.lang import translate
from ondol.library.tags import fold
from ondol.server.api import passages
from ondol.server.api.page_process import is_original
from ondol.server.api.parts import ERRORS, Here, Parts, Shape, Spoken
from ondol.server.api.passages import MOST_PAGES, Document
from ondol.server.api.undo import MOST_CHARACTERS, Removal, write_back

router = APIRouter(tags=["sources"], responses=ERRORS)
MOST_ROWS = 1000
TOO_LONG = "The text is too long to be kept for taking it back; add the file again instead."


class Source(Shape):
    document_id: str
    source: str
    title: str
    format: str
    media_type: str
    bytes: int
    chunks: int
    pages: int
    added: str
    updated: str
    language: str
    date: str
    author: str
    tags: list[str]


class Sources(Shape):
    total: int = Field(description="How many fit, on all pages.")
    sources: list[Source]


class Page(Shape):
    page: int
    start: int
    end: int
    name: str


class Chunk(Shape):
    start: int
    end: int
    heading: str
    tokens: int


class Shown(Shape):
    """As `ondol show --json`."""

    document_id: str
    source: str
    title: str
    author: str
    format: str
    media_type: str
    original: bool = Field(description="Whether pages can be had as pictures.")
    unit: str
    hidden: str
    language: str
    date: str
    tags: list[str]
    pages: list[Page]
    text: str
    chunks: list[Chunk]


class Removed(Shape):
    removed: list[str] = Field(description="Document ids.")
    undo: str | None = Field(description="Token for POST /api/undo/{token}; null where it cannot be taken back.")
    until: float | None = Field(description="How long it holds, in seconds since 1970.")
    note: str = Field(description="What cannot be taken back.")


class TakenBack(Shape):
    restored: list[str] = Field(description="Document ids.")
    there: list[str] = Field(description="Those that had been added again, and stay as they are.")


@router.get("/api/sources")
def list_sources(
    library: Here,
    q: Annotated[str, Query(max_length=1000, description="Part of a path, title, author or tag.")] = "",
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 100,
) -> Sources:
    """The sources of the collection, by path."""
    rows = library.source_rows()
    if wanted := fold(q).strip():
        rows = [row for row in rows if wanted in _words(row)]
    shown = [{**row, "media_type": media_type(row["format"], row["source"])} for row in rows[offset : offset + limit]]
    return Sources.model_validate({"total": len(rows), "sources": shown})


router.include_router(passages.router)


@router.get("/api/source")
def show_source(
    document_id: Document, library: Here,
    page: Annotated[int | None, Query(ge=1, le=MOST_PAGES, description="Just the text of this page.")] = None,
) -> Shown:  # fmt: skip
    """Text, pages and chunks of a source."""
    shown, source = library.show(document_id, page=page), library.find(document_id)
    kind = media_type(source.format, source.source)
    return Shown.model_validate({**shown, "media_type": kind, "original": is_original(source)})


@router.delete("/api/source")
def remove_source(document_id: Document, engine: Parts, library: Here, language: Spoken) -> Removed:
    """Take a source out of the collection, with all that lies in its file; the file itself stays."""
    name = library.find(document_id).document_id
    names = library.names_with_parts(name)
    copy = library.copy(name, most=MOST_CHARACTERS)
    if copy is None:
        library.remove([name], wait=False)
        return Removed(removed=names, undo=None, until=None, note=translate(TOO_LONG, language=language))
    token, until = engine.removals.keep(Removal(collection=library.name, copy=copy))
    library.remove([name], wait=False)
    return Removed(removed=names, undo=token, until=until, note="")


@router.post("/api/undo/{token}")
def take_back(token: Annotated[str, Path(max_length=100)], engine: Parts) -> TakenBack:
    """Bring back what was removed, from its text as it was read; within 10 minutes, after a restart too."""
    removal = engine.removals.find(token)
    with engine.library(removal.collection) as library:
        restored, there = write_back(library, removal.copy)
    engine.removals.forget(token)
    return TakenBack(restored=restored, there=there)


def media_type(kind: str, path: str) -> str:
    """Of a format as readers call it, else of the file's name."""
    if kind == "record":
        return "text/plain"
    guessed = mimetypes.guess_type(f"x.{kind}")[0] or mimetypes.guess_type(path.rpartition("/")[2])[0]
    return guessed or "application/octet-stream"


def _words(row: dict[str, Any]) -> str:
    return fold("\n".join([row["source"], row["title"], row["author"], row["document_id"], *row["tags"]]))
