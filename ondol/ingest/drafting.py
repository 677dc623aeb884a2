"""Parsed documents to drafts: named, split into chunks, with what is needed to split them again."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path, PurePosixPath

from ondol.embeddings.contract import TextEmbeddings
from ondol.errors import UsageError
from ondol.ingest.parsed import Heading, Parsed
from ondol.ingest.split import SplitConfig, split_text
from ondol.ingest.walk import Found, show_path
from ondol.library.folders import collection_option
from ondol.library.library import Library
from ondol.library.rows import Chunk, Draft, Piece

READER = 3
"""Counted up when reading or splitting changes, so that known files are read again. 3: places and structure."""


class Drafting:
    """Splits for one library: in the tokens of its embedder, as it was split before."""

    def __init__(self, library: Library, config: SplitConfig | None) -> None:
        """Take over how the library is split.

        Raises:
            UsageError: `config` is another one; chunks of two kinds are not mixed.
        """
        known = read_chunking(library)
        if config and library.chunking and write_chunking(config) != write_chunking(known):
            raise UsageError(
                "The texts of '{collection}' are split into chunks of {known} tokens, not of {asked}.",
                hint="Split all of them anew with: ondol reindex --chunk-tokens {asked}{option}",
                collection=library.name, known=known.max_tokens, asked=config.max_tokens,
                option=collection_option(library.name),
            )  # fmt: skip
        self.library, self.config = library, config or known
        self.recipe = f"{READER}/{write_chunking(self.config)}"

    def piece(self, parsed: Parsed, start: int = 0) -> Piece:
        """A text, or the piece of a large one that begins at `start`, with its chunks."""
        chunks = chunk_piece(parsed, start, self.library.embeddings, self.config)
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
        self.known = {part: name for part, (name, _) in library.files.sources_of(found.known_as).items()}
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
        whole = self.found.known_as + (f"/{part}" if part else "")
        stem = show_path(Path(PurePosixPath(part).stem if part else self.found.place.stem))
        name = f"{stem}-{hashlib.sha256(os.fsencode(whole)).hexdigest()[:8]}"
        free, number = name, 1
        while (owner := self._library.files.owner_of(free)) and owner != (self.found.known_as, part):
            number += 1
            free = f"{name}-{number}"
        return free


def chunk_piece(parsed: Parsed, start: int, embedder: TextEmbeddings, config: SplitConfig) -> list[Chunk]:
    """Chunks whose offsets count from the beginning of the whole text, in which `parsed` begins at `start`."""
    chunks = split_text(parsed, tokenize=embedder.token_offsets, embedder_max=embedder.max_tokens, config=config)
    return [replace(chunk, start=start + chunk.start, end=start + chunk.end) for chunk in chunks]


def write_chunking(config: SplitConfig) -> str:
    return f"{config.max_tokens}/{config.overlap_tokens}/{config.min_tokens}"


def read_chunking(library: Library, chunking: str = "") -> SplitConfig:
    """How the library is split, or how `chunking` says; the default while there is nothing."""
    try:
        largest, overlap, least = map(int, (chunking or library.chunking).split("/"))
    except ValueError:
        return SplitConfig()
    return SplitConfig(max_tokens=largest, overlap_tokens=overlap, min_tokens=least)


def change_chunking(
    library: Library, *, max_tokens: int | None = None, overlap_tokens: int | None = None
) -> SplitConfig:
    """How the library is split, with these changes."""
    config = read_chunking(library)
    largest = max_tokens or config.max_tokens
    overlap = min(config.overlap_tokens, largest // 2) if overlap_tokens is None else overlap_tokens
    return replace(config, max_tokens=largest, overlap_tokens=overlap, min_tokens=min(config.min_tokens, largest))


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
