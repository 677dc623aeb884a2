"""The word index of a collection: kept in step with the rows, made again when the analysis changes."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from langchain_core.documents import Document

from ondol.errors import BackendError, OtherAnalyser
from ondol.lexical.index import Entry, LexicalIndex
from ondol.lexical.morphemes import Morphemes
from ondol.lexical.terms import text_terms
from ondol.library.chunk_texts import next_chunks
from ondol.library.database import transaction
from ondol.library.folders import collection_option
from ondol.progress import Progress

RULES = 1
"""Counted up when `ondol/lexical` makes other terms of the same text."""
BATCH = 2000
"""Chunks written at once: a commit takes 0.05 s, and what a killed process loses is analysed again."""
LIVE = "state = 'live'"


class Words:
    """The word index in `folder`; every change of it stands in the rows first (`chunks.worded`, tombstones)."""

    def __init__(self, db: sqlite3.Connection, folder: Path, *, morphemes: Morphemes, collection: str) -> None:
        self._db, self._folder, self.morphemes, self._collection = db, folder, morphemes, collection
        self._ahead: list[Entry] = []

    @property
    def analyser(self) -> str:
        """What makes the terms, with its version."""
        return f"terms-{RULES} {self.morphemes.version}"

    @cached_property
    def index(self) -> LexicalIndex:
        """The index, for reading.

        Raises:
            OtherAnalyser: it was made by other rules, another dictionary or another version of the analyser.
        """
        made = self.made_by()
        if made not in ("", self.analyser):
            raise OtherAnalyser(
                "The word index of '{collection}' was made with {made}, and words are analysed with {analyser} now.",
                hint="Make it again with: ondol reindex{option}  (or search with --mode dense)",
                collection=self._collection, made=made, analyser=self.analyser,
                option=collection_option(self._collection),
            )  # fmt: skip
        return LexicalIndex(self._folder)

    def waiting(self) -> int:
        """Chunks that the index does not have yet."""
        return int(self._db.execute("SELECT count(*) FROM chunks WHERE worded = 0").fetchone()[0])

    def behind(self) -> int:
        """Chunks that the search by vectors finds and that by words does not yet."""
        query = f"SELECT count(*) FROM chunks WHERE worded = 0 AND {LIVE}"  # noqa: S608
        return int(self._db.execute(query).fetchone()[0])

    def delete(self, ids: Sequence[str]) -> None:
        """Take chunks out; without an index there is nothing to do."""
        if self._folder.is_dir() and self.made_by() == self.analyser:
            self._sound_index().write([], ids)

    def ready(self) -> LexicalIndex:
        """The index, for reading; one that has lost chunks is thrown away first, as all of them are waiting then."""
        if self.index and self.missing():
            self.forget()
        return self.index

    def _sound_index(self) -> LexicalIndex:
        """The index for writing; one that cannot be opened is thrown away, for it can be made again."""
        try:
            return self.index
        except BackendError:
            self.forget()
            return self.index

    def write_waiting(self, progress: Progress) -> None:
        """Analyse and write every chunk that the index does not have; each batch is durable by itself."""
        waiting = self.waiting()
        if not waiting or self.made_by() not in ("", self.analyser):
            return  # an index of another analyser is never mixed; reading it tells what to do
        index = self._sound_index()
        self._note_maker()
        waiting = self.waiting()
        progress.begin("Indexing words", waiting, "chunks")
        try:
            while documents := next_chunks(self._db, "c.worded = 0", order="c.number", limit=BATCH):
                index.write(self._entries(documents))
                self._mark([str(document.id) for document in documents])
                progress.advance(len(documents))
        finally:
            progress.end()

    def rebuild(self, progress: Progress) -> int:
        """Make the index again beside the old one and put it in its place; returns the number of chunks."""
        shadow = self._folder.with_name("words.new")
        shutil.rmtree(shadow, ignore_errors=True)
        total = int(self._db.execute(f"SELECT count(*) FROM chunks WHERE {LIVE}").fetchone()[0])  # noqa: S608
        index, after = LexicalIndex(shadow), 0
        progress.begin("Indexing words", total, "chunks")
        try:
            while documents := next_chunks(self._db, f"c.{LIVE} AND c.number > {after}", order="c.number", limit=BATCH):
                index.write(self._entries(documents))
                after = documents[-1].metadata["number"]
                progress.advance(len(documents))
        finally:
            progress.end()
        del index
        self._swap(shadow, after)
        return total

    def _swap(self, shadow: Path, last: int) -> None:
        """A process killed in between finds no index, which is made again from the rows."""
        self.__dict__.pop("index", None)
        with transaction(self._db) as db:
            db.execute("UPDATE chunks SET worded = 0")
        old = self._folder.with_name("words.old")
        shutil.rmtree(old, ignore_errors=True)
        if self._folder.is_dir():
            self._folder.rename(old)
        shadow.rename(self._folder)
        self._note_maker()
        with transaction(self._db) as db:
            db.execute(f"UPDATE chunks SET worded = 1 WHERE {LIVE} AND number <= ?", [last])  # noqa: S608
        shutil.rmtree(old, ignore_errors=True)

    def forget(self) -> None:
        """Throw the index away; `write_waiting` makes it again."""
        self.__dict__.pop("index", None)
        with transaction(self._db) as db:
            db.execute("UPDATE chunks SET worded = 0")
            db.execute("DELETE FROM meta WHERE name = 'analyser'")
        shutil.rmtree(self._folder, ignore_errors=True)

    def missing(self) -> int:
        """How many of the chunks that should be in the index are not; counted, not compared one by one."""
        if not self.made_by():
            return 0
        wanted = int(self._db.execute("SELECT count(*) FROM chunks WHERE worded = 1").fetchone()[0])
        return max(0, wanted - self.index.count())

    def analyse_ahead(self, documents: Sequence[Document]) -> None:
        """Keep the terms of chunks for `write_ahead`; another thread embeds them meanwhile."""
        if self.made_by() in ("", self.analyser):
            self._ahead += self._entries(documents)

    def write_ahead(self) -> None:
        """Write what was analysed ahead."""
        if self._ahead:
            index = self._sound_index()
            self._note_maker()
            index.write(self._ahead)
            self._mark([entry.id for entry in self._ahead])
            self._ahead.clear()

    def _entries(self, documents: Sequence[Document]) -> Iterator[Entry]:
        texts = [document.page_content for document in documents]
        for document, text, found in zip(documents, texts, self.morphemes.analyse(texts), strict=True):
            yield Entry(str(document.id), document.metadata["document_id"], text_terms(text, found))

    def _mark(self, ids: Sequence[str]) -> None:
        names = json.dumps(ids)
        with transaction(self._db) as db:
            db.execute("UPDATE chunks SET worded = 1 WHERE id IN (SELECT value FROM json_each(?))", [names])

    def made_by(self) -> str:
        """The analyser that the index was made with; empty while there is none."""
        row = self._db.execute("SELECT value FROM meta WHERE name = 'analyser'").fetchone()
        return str(row[0]) if row else ""

    def _note_maker(self) -> None:
        with transaction(self._db) as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES ('analyser', ?)", [self.analyser])
