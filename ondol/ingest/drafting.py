"""Parsed documents to drafts: named, split into chunks, with what is needed to split them again."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

from ondol.ingest.parsed import Heading, Parsed
from ondol.ingest.split import SplitConfig, split_text
from ondol.ingest.walk import Found, show_path
from ondol.library.library import Library
from ondol.library.rows import Draft, Piece

READER = 3
"""Counted up when reading or splitting changes, so that known files are read again. 3: places and structure."""


class Drafting:
    """Splits for one library: in the tokens of its embedder."""

    def __init__(self, library: Library, config: SplitConfig) -> None:
        self.library, self.config = library, config
        self.recipe = f"{READER}/{config.max_tokens}/{config.overlap_tokens}/{config.min_tokens}"

    def piece(self, parsed: Parsed, start: int = 0) -> Piece:
        """A text, or the piece of a large one that begins at `start`, with its chunks."""
        embedder = self.library.embeddings
        found = split_text(
            parsed, tokenize=embedder.token_offsets, embedder_max=embedder.max_tokens, config=self.config
        )
        chunks = [replace(chunk, start=start + chunk.start, end=start + chunk.end) for chunk in found]
        return Piece(start, parsed.text, chunks, write_structure(parsed))

    def draft(
        self,
        parsed: Parsed,
        piece: Piece,
        *,
        document_id: str,
        source: str,
        size: int,
        digest: str,
        place: str | None = None,
        part: str = "",
    ) -> Draft:
        return Draft(
            document_id=document_id, source=source, place=place, part=part, title=parsed.title, format=parsed.format,
            bytes=size, sha256=digest, recipe=self.recipe, pieces=[piece], pages=parsed.pages,
            page_names=parsed.page_names, unit=parsed.unit, author=parsed.author, hidden=parsed.hidden,
            date=parsed.date, tags=parsed.tags,
        )  # fmt: skip


class FileSources:
    """A file on its way into the library: the sources that are known to be from it, and those that it holds now."""

    def __init__(self, library: Library, found: Found) -> None:
        self.found = found
        self._library = library
        self.known = {part: name for part, (name, _) in library.files.sources_of(str(found.place)).items()}
        self.seen: set[str] = set()
        self.is_same = False
        """Whether the document that is being read has the bytes that it had."""

    def path_of(self, part: str) -> str:
        """What people see: `letters.zip/2024/may.pdf`."""
        return f"{self.found.path}/{part}" if part else self.found.path

    def id_of(self, part: str) -> str:
        """The document id: that of before, else its name with a hash of its place.

        It stays when the content changes, and when the file is moved; a new file in the old place gets another one.
        """
        if part in self.known:
            return self.known[part]
        place = self.found.place / part if part else self.found.place
        name = f"{show_path(Path(place.stem))}-{hashlib.sha256(os.fsencode(place)).hexdigest()[:8]}"
        free, number = name, 1
        while (owner := self._library.files.owner_of(free)) and owner != (str(self.found.place), part):
            number += 1
            free = f"{name}-{number}"
        return free


def write_structure(parsed: Parsed) -> str:
    """Headings, code and rows as JSON; `read_structure` gives the `Parsed` back that can be split again."""
    headings = [[heading.start, heading.level, heading.title] for heading in parsed.headings]
    return json.dumps([headings, parsed.whole, parsed.rows], ensure_ascii=False, separators=(",", ":"))


def read_structure(structure: str, *, text: str, title: str) -> Parsed:
    headings, whole, rows = json.loads(structure)
    return Parsed(
        text=text, title=title, format="", headings=tuple(Heading(*heading) for heading in headings),
        whole=tuple((start, end) for start, end in whole), rows=tuple((start, end) for start, end in rows),
    )  # fmt: skip
