"""What the rows of a collection tell: nothing here opens a model or a vector store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from langchain_core.documents import Document

from ondol.library import filters, reading
from ondol.library.copies import Copy, copy_sources, count_characters
from ondol.library.files import Files
from ondol.library.languages import Languages
from ondol.library.likeness import Alike, find_alike
from ondol.library.rows import Place, Source


class Contents:
    """The reading half of `Library`."""

    _db: sqlite3.Connection

    @cached_property
    def languages(self) -> Languages:
        return Languages(self._db)

    @cached_property
    def files(self) -> Files:
        """The files that the sources are from."""
        return Files(self._db)

    def stamp(self, document_id: str) -> tuple[str, str] | None:
        """SHA-256 and recipe of the source as it was read last."""
        row = self._db.execute("SELECT sha256, recipe FROM sources WHERE document_id = ?", [document_id]).fetchone()
        return (row[0], row[1]) if row else None

    def source_of(self, document_id: str) -> str:
        """Where the source with this id is from; empty when there is none."""
        row = self._db.execute("SELECT source FROM sources WHERE document_id = ?", [document_id]).fetchone()
        return str(row[0]) if row else ""

    def find(self, source: str) -> Source:
        """The source with this document id, path as it was added, or path of its file.

        Raises:
            NotFound: there is none; the nearest one is told.
        """
        return reading.find_source(self._db, source)

    def copy(self, source: str, *, most: int) -> Copy | None:
        """What `remove` would take away, so that `write` can bring it back; None above `most` characters of text.

        Raises:
            NotFound: there is no such source.
        """
        chosen = reading.find_with_parts(self._db, source)
        return copy_sources(self._db, chosen) if count_characters(self._db, chosen) <= most else None

    def names_with_parts(self, source: str) -> list[str]:
        """Document ids of the source and of all that lies in its file; raises as `find`."""
        return reading.names_of(self._db, reading.find_with_parts(self._db, source))

    def text(self, source: str) -> str:
        """The whole text; citations and chunks are slices of it."""
        return reading.read_text(self._db, self.find(source))

    def slice(self, document_id: str, start: int, end: int) -> str:
        """`text(document_id)[start:end]`; empty when there is no such source."""
        return reading.read_slice(self._db, document_id, start, end)

    def filter(self, wanted: filters.Filter) -> list[str]:
        """Document ids of the sources that fit; raises as `filter_sources`."""
        return filters.filter_sources(self._db, wanted)

    def place_of(self, document_id: str, offset: int) -> Place:
        """The page, slide, sheet, section or time that character `offset` stands on."""
        return reading.place_at(self._db, document_id, offset)

    def heading_at(self, document_id: str, offset: int) -> str:
        """Path of headings above character `offset`; empty where there is none."""
        return reading.heading_at(self._db, document_id, offset)

    def live_chunks(self, scored: Sequence[tuple[str, float]]) -> list[Document]:
        """Chunks with these ids and scores as documents, in that order, without those that are gone."""
        return reading.live_chunks(self._db, scored)

    def around(self, chunk_id: str, count: int) -> list[dict[str, Any]]:
        return reading.chunks_around(self._db, chunk_id, count)

    def show(self, source: str, *, page: int | None = None) -> dict[str, Any]:
        """As `show_source`; raises NotFound for a source or page that is not there."""
        return reading.show_source(self._db, self.find(source), page=page)

    def find_alike(self, document_ids: Iterable[str] | None = None) -> list[Alike]:
        """Pairs of sources that are nearly the same: those of `document_ids` with any other, or all."""
        return find_alike(self._db, document_ids)

    def source_rows(self) -> list[dict[str, Any]]:
        return reading.list_sources(self._db)
