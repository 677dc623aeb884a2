"""What goes into the library and what comes out of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A source as it is to be written, with all its chunks."""

    document_id: str
    source: str
    place: str | None
    """The file itself, links resolved; None for a record."""
    title: str
    format: str
    bytes: int
    sha256: str
    recipe: str
    """How it was read and split: another recipe makes the same bytes worth reading again."""
    text: str
    pages: Sequence[Span]
    chunks: Sequence[Chunk]
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
    title: str
    format: str
    bytes: int
    version: int
    added: str
    updated: str


def chunk_id(document_id: str, chunk: Chunk, embedded: str) -> str:
    """The same for the same passage at the same place of the same document, whatever happens around it."""
    key = "\0".join([document_id, str(chunk.start), str(chunk.end), embedded])
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def text_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
