"""New vectors beside those that are searched: made, checked, and put in their place in one transaction.

The old vectors stay until the next time, so that going back needs no embedding.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from langchain_core.documents import Document

from ondol.embeddings.contract import TextEmbeddings
from ondol.errors import BackendError
from ondol.library import writing
from ondol.library.chunk_texts import Pieces
from ondol.library.database import transaction
from ondol.library.embedding_text import embedding_text
from ondol.library.rows import Chunk, Piece
from ondol.progress import Progress
from ondol.vector_stores.contract import LibraryStore, Matrix, unit

BATCH = 64
CHECKED = 16
"""Chunks that are embedded a second time to see that the store gives back what it was given."""
CLOSE = 0.99
"""Least cosine of the two; stores keep vectors in 16 or 8 bits."""
ROUNDS = 5
"""Times that sources which others changed meanwhile are taken up before that is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vectors:
    """A set of vectors: what made them, and where they are."""

    embeddings: str
    fingerprint: str
    store: str
    folder: str
    """Name below the collection's folder."""
    chunking: str

    @classmethod
    def of(cls, meta: dict[str, str]) -> Vectors:
        """Those that are searched."""
        return cls(
            embeddings=meta["embeddings"], fingerprint=meta.get("fingerprint", ""), store=meta["store"],
            folder=meta.get("vectors", "vectors"), chunking=meta.get("chunking", ""),
        )  # fmt: skip

    @classmethod
    def noted(cls, meta: dict[str, str], name: str) -> Vectors | None:
        return cls(**json.loads(meta[name])) if meta.get(name) else None

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    def same_kind(self, other: Vectors | None) -> bool:
        """Whether vectors of both can stand in one place."""
        return other is not None and (self.fingerprint, self.store) == (other.fingerprint, other.store)


Split = Callable[[Piece, str], Sequence[Chunk]]
"""A piece of a text and the title of its source → its chunks in the new embedder's tokens."""
Embed = Callable[[Sequence[Document]], Matrix]
"""Documents → one vector each, by an embedder or from the vectors of before."""


class Shadow:
    """The vectors to be; use under the lock of the only writer."""

    def __init__(
        self,
        db: sqlite3.Connection,
        folder: Path,
        wanted: Vectors,
        *,
        open_store: Callable[[Vectors], LibraryStore],
        embed: Embed,
        split: Split | None = None,
    ) -> None:
        """Go on with what a killed process has left of the same kind, or with the vectors of before.

        Args:
            split: without it the chunks stay as they are.
        """
        self._db, self._folder, self._embed, self._split = db, folder, embed, split
        self._meta = dict(db.execute("SELECT name, value FROM meta").fetchall())
        kept = [Vectors.noted(self._meta, name) for name in ("shadow", "previous")]
        folders = [old.folder for old in kept if old and wanted.same_kind(old)]
        self.target = Vectors(**{**asdict(wanted), "folder": folders[0] if folders else self._free_name()})
        with transaction(db):
            db.execute("INSERT OR REPLACE INTO meta VALUES ('shadow', ?)", [self.target.to_json()])
            db.execute("DELETE FROM staged_chunks")
        self.sweep()
        self.store = open_store(self.target)
        self._staged: dict[str, int] = {}

    def make(self, progress: Progress) -> int:
        """Fill, check and swap; returns how many chunks got new vectors.

        Raises:
            BackendError: the check failed, or others kept changing the library; what is searched was not touched.
        """
        try:
            count = self._fill(progress)
            self._check()
            self._swap(progress)
        finally:
            self.store.close()
        self.sweep()
        return count

    def _fill(self, progress: Progress) -> int:
        """Split and embed every source as it is now; returns how many chunks were embedded."""
        changed = self._changed()
        progress.begin("Splitting", len(changed), "sources")
        try:
            for document_id in changed:
                self._stage(document_id)
                progress.advance(1)
        finally:
            progress.end()
        return self._add_missing(progress)

    def _check(self) -> None:
        """Compare the new vectors with the chunks, and some of them with what they should be."""
        staged = {row[0] for row in self._db.execute("SELECT id FROM staged_chunks")}
        damage = self.store.find_damage()
        if damage or set(self.store.list_ids()) != staged:
            raise _unsound(damage or f"{self.store.count()} vectors for {len(staged)} chunks")
        documents = list(self._documents(sorted(staged)[:: max(1, len(staged) // CHECKED)][:CHECKED]))
        kept = self.store.vectors_of([str(document.id) for document in documents])
        again = unit(self._embed(documents)) if documents else ()
        for document, vector in zip(documents, again, strict=True):
            if float(np.dot(kept[str(document.id)], vector)) < CLOSE:
                raise _unsound(f"chunk {document.id} has another vector than its text")

    def _swap(self, progress: Progress) -> None:
        """Make the new vectors those that are searched, all at once."""
        for _ in range(ROUNDS):
            with transaction(self._db) as db:
                if not self._changed():
                    self._promote(db)
                    return
            self._fill(progress)
        raise BackendError(
            "Other processes kept changing the library.", hint="Run it again when they are done; it goes on from here."
        )

    def sweep(self) -> None:
        """Delete vectors that nobody notes any more."""
        meta = dict(self._db.execute("SELECT name, value FROM meta").fetchall())
        noted = [Vectors.of(meta), *(Vectors.noted(meta, name) for name in ("shadow", "previous"))]
        kept = {vectors.folder for vectors in noted if vectors}
        for path in self._folder.glob("vectors*"):
            if path.is_dir() and path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)

    def _changed(self) -> list[str]:
        """Sources that are not staged as they are now; staged ones that are gone are forgotten."""
        now = dict(self._db.execute("SELECT document_id, version FROM sources ORDER BY id").fetchall())
        for gone in self._staged.keys() - now.keys():
            del self._staged[gone]
            self._db.execute("DELETE FROM staged_chunks WHERE document_id = ?", [gone])
        return [name for name, version in now.items() if self._staged.get(name) != version]

    def _stage(self, document_id: str) -> None:
        with transaction(self._db) as db:
            db.execute("DELETE FROM staged_chunks WHERE document_id = ?", [document_id])
            query = "SELECT id, title, version FROM sources WHERE document_id = ?"
            source = db.execute(query, [document_id]).fetchone()
            if not source:
                return
            pieces = db.execute(
                "SELECT start, text, structure FROM pieces WHERE source_id = ? ORDER BY start", [source["id"]]
            ).fetchall()
            for start, text, structure in pieces:
                chunks = self._chunks_of(source["id"], start, text)
                if self._split:
                    chunks = self._split(Piece(start, text, chunks, structure), source["title"])
                writing.stage_chunks(db, document_id, source["title"], Piece(start, text, chunks))
            self._staged[document_id] = source["version"]

    def _chunks_of(self, source_id: int, start: int, text: str) -> Sequence[Chunk]:
        """The chunks that the piece has now."""
        query = """SELECT start, "end", heading, tokens FROM chunks
                   WHERE source_id = ? AND start >= ? AND "end" <= ? ORDER BY ordinal"""
        return [Chunk(*row) for row in self._db.execute(query, [source_id, start, start + len(text)])]

    def _add_missing(self, progress: Progress) -> int:
        there = set(self.store.list_ids())
        staged = [row[0] for row in self._db.execute("SELECT id FROM staged_chunks ORDER BY document_id, ordinal")]
        self.store.delete(sorted(there - set(staged)))
        missing = [name for name in staged if name not in there]
        progress.begin("Embedding", len(missing), "chunks")
        try:
            for first in range(0, len(missing), BATCH):
                documents = list(self._documents(missing[first : first + BATCH]))
                ids = [str(document.id) for document in documents]
                self.store.add_embedded(documents, self._embed(documents), ids)
                progress.advance(len(documents))
        finally:
            progress.end()
        return len(missing)

    def _documents(self, ids: Iterable[str]) -> Iterator[Document]:
        """Staged chunks as they are embedded."""
        rows = self._db.execute(
            """SELECT c.id, c.start, c."end", c.heading, s.id AS source_id, s.document_id, s.title
               FROM staged_chunks c JOIN sources s ON s.document_id = c.document_id
               WHERE c.id IN (SELECT value FROM json_each(?)) ORDER BY c.document_id, c.ordinal""",
            [json.dumps(list(ids))],
        ).fetchall()
        pieces = Pieces(self._db)
        for row in rows:
            text = pieces.slice(row["source_id"], row["start"], row["end"])
            content = embedding_text(row["title"], row["heading"], text)
            yield Document(id=row["id"], page_content=content, metadata={"document_id": row["document_id"]})

    def _promote(self, db: sqlite3.Connection) -> None:
        for source_id, document_id in db.execute("SELECT id, document_id FROM sources").fetchall():
            writing.promote_chunks(db, source_id, document_id)
        db.execute("UPDATE chunks SET state = 'live'")
        db.execute("DELETE FROM staged_chunks")
        values = {
            "embeddings": self.target.embeddings, "fingerprint": self.target.fingerprint, "store": self.target.store,
            "vectors": self.target.folder, "chunking": self.target.chunking,
            "previous": Vectors.of(self._meta).to_json(),
        }  # fmt: skip
        db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())
        db.execute("DELETE FROM meta WHERE name = 'shadow'")

    def _free_name(self) -> str:
        noted = [Vectors.of(self._meta), *(Vectors.noted(self._meta, name) for name in ("shadow", "previous"))]
        taken = {vectors.folder for vectors in noted if vectors}
        return next(name for number in range(2, 9) if (name := f"vectors-{number}") not in taken)


def by_embedder(embedder: TextEmbeddings) -> Embed:
    def embed(documents: Sequence[Document]) -> Matrix:
        return embedder.embed_array([document.page_content for document in documents], "passage")

    return embed


def from_store(store: LibraryStore) -> Embed:
    """The vectors that another store has of the same chunks."""

    def embed(documents: Sequence[Document]) -> Matrix:
        found = store.vectors_of([str(document.id) for document in documents])
        return np.stack([found[str(document.id)] for document in documents])

    return embed


def _unsound(what: str) -> BackendError:
    return BackendError(
        "The new vectors did not pass the check: {what}.",
        hint="The old ones are still searched; run it again.",
        what=what,
    )
