"""What goes into the library and what comes out of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Span = tuple[int, int]
"""Start and end in characters, end excluded."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A slice of a text: `text[start:end]`."""

    start: int
    end: int
    heading: str
    """Path of headings above it, `제3장 임금 > 제43조(임금 지급)`; empty when there is none."""
    tokens: int
    """Tokens of the slice, heading not counted."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text with the chunks that lie in it; all offsets count from the beginning of the whole text."""

    start: int
    text: str
    chunks: Sequence[Chunk]
    structure: str = ""
    """Headings, rows and code of the piece, as JSON, so that it can be split again without its file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A source as it is to be written, with all its chunks."""

    document_id: str
    source: str
    place: str | None
    """The file itself, links resolved; None for a record."""
    part: str = ""
    """Path inside the file, for what an archive or a mail holds."""
    title: str
    format: str
    bytes: int
    sha256: str
    recipe: str
    """How it was read and split: another recipe makes the same bytes worth reading again."""
    pieces: Sequence[Piece]
    """In order; those that were staged before stand in front of them."""
    pages: Sequence[Span] = ()
    page_names: Sequence[str] = ()
    """One a page, or none."""
    unit: str = "page"
    author: str = ""
    hidden: str = ""
    """What was left out of the text, for people."""
    date: str = ""
    """Of the content, ISO; the day of writing when empty."""
    tags: Sequence[str] = ()
    """Those that the source itself has; what a person gave stays beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source of the library, without its text."""

    id: int
    document_id: str
    source: str
    place: str | None
    part: str
    title: str
    format: str
    bytes: int
    version: int
    added: str
    updated: str
    unit: str
    author: str
    hidden: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a source something stands."""

    page: int | None
    """Counted from 1; None where a source has no pages."""
    unit: str = "page"
    """What is counted: page, slide, sheet, section, or time (parts of a recording)."""
    page_name: str = ""
    """Of a sheet or section; the time of a part."""


def chunk_id(document_id: str, chunk: Chunk, embedded: str) -> str:
    """The same for the same passage at the same place of the same document, whatever happens around it."""
    key = "\0".join([document_id, str(chunk.start), str(chunk.end), embedded])
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def text_hash(pieces: Iterable[str]) -> str:
    """Of a text that comes in pieces."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece.encode())
    return digest.hexdigest()
