"""The library: one collection's texts, chunks and vectors, kept in step."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from langchain_core.embeddings import Embeddings

from ondol.embeddings.contract import TextEmbeddings
from ondol.errors import BackendError
from ondol.lang import nfc
from ondol.lexical.index import LexicalIndex
from ondol.lexical.morphemes import Morphemes
from ondol.library import checking, finishing, reading, tags, writing
from ondol.library.beside import Beside
from ondol.library.contents import Contents
from ondol.library.database import explain, open_database, transaction
from ondol.library.files import KnownFile
from ondol.library.folders import DATABASE, collection_folder, has_library, no_collection
from ondol.library.on_first_use import OnFirstUse
from ondol.library.opened import Opened, OpenEmbeddings, OpenStore
from ondol.library.rows import Draft, Piece
from ondol.library.shadow import Embed, Shadow, Split, Vectors, by_embedder, from_store
from ondol.library.state import read_state
from ondol.library.words import Words
from ondol.progress import Progress, Silent
from ondol.vector_stores.contract import LibraryStore


class Library(Contents, Opened):
    """One collection. SQLite holds the truth; vectors can be made again from it.

    Embedder and vector store are opened when something needs them: listing, showing and removing sources never load
    a model.
    """

    @classmethod
    def open(cls, home: Path, collection: str, *, create: bool = False, **parts: Any) -> Library:
        """Open a collection by name; `parts` are the keyword arguments of the constructor.

        Raises:
            NotFound: it does not exist and `create` is False.
            OtherFingerprint: an embedder was asked for that is not the collection's.
        """
        folder = collection_folder(home, collection)
        if not create and not has_library(folder, create=False):
            raise no_collection(home, nfc(collection))
        return cls(folder, collection, **parts)

    def __init__(
        self,
        folder: Path,
        collection: str,
        *,
        embeddings: str,
        store: str,
        open_embeddings: OpenEmbeddings,
        open_store: OpenStore,
        embeddings_asked: bool = False,
        morphemes: Morphemes | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Open the collection in `folder`, or make it.

        Args:
            embeddings: spec of the embedder of a new collection; one that holds something keeps its own.
            store: name of the vector store of a new collection, likewise.
            embeddings_asked: `embeddings` was asked for by name, so that another one of the collection is an error.
            morphemes: analyses Korean for the word index; without the person's own words when not given.
            progress: told when a lost index is filled again on opening.

        Raises:
            NotFound: nobody knows the embedder or the vector store of a new collection; none is made.
            BackendError: the folder cannot be made or opened.
        """
        self.folder, self.name = folder, nfc(collection)
        self._open_embeddings, self._open_store = open_embeddings, open_store
        self._progress = progress or Silent()
        if not has_library(folder, create=True):
            self._meta = {"embeddings": embeddings, "store": store}
            self._open_parts()
        self._db = open_database(folder / DATABASE)
        self._writing, self._filling = threading.RLock(), threading.Lock()
        self._words = Words(self._db, folder / "words", morphemes=morphemes or Morphemes(), collection=self.name)
        self._meta, self._seen = dict[str, str](), -1
        self._follow()
        if "renamed_to" in self._meta:  # by the name that it was opened under, that renaming took place or did not
            self._write_meta(collection=self.name)
            self._db.execute("DELETE FROM meta WHERE name = 'renamed_to'")
        if "fingerprint" not in self._meta:
            self._write_meta(collection=self.name, embeddings=embeddings, store=store)
        elif embeddings_asked and embeddings != self._meta["embeddings"]:
            raise self._other_fingerprint(embeddings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Close; an error of SQLite leaves as one that says what to do."""
        told = explain(error, self._db, self.folder / DATABASE) if isinstance(error, sqlite3.DatabaseError) else None
        try:
            self.close()
        finally:
            if told:
                raise told from error

    def close(self) -> None:
        """Give back vectors, embedder and file; the vectors know how to open the embedder, so both are let go."""
        self._let_go()
        self.__dict__.pop("words", None)
        self._db.close()

    @property
    def vectors(self) -> LibraryStore:
        """The vector store; one that has lost everything, or forgets it with its process, is filled again first."""
        self._follow()
        if not self._store.durable:
            self._fill(self._progress)
        elif self._has_lost_all():
            self.repair(self._progress)
        return self._store

    @cached_property
    def words(self) -> LexicalIndex:
        """The word index; what it does not have yet (an older ondol wrote it) is indexed first.

        Raises:
            OtherAnalyser: it was made by another analysis, and `reindex` makes it again.
        """
        index = self._words.ready()
        if self._words.waiting():
            # a full disk keeps nobody from searching what is there; `verify` tells what is missing
            with self._writing, finishing.only_writer(self.folder) as alone, suppress(BackendError):
                if alone:  # else another process is at it
                    self._words.write_waiting(self._progress)
        return index

    def reindex_words(self, progress: Progress | None = None) -> int:
        """Analyse every chunk again into a new word index, which then takes the place of the old one."""
        with self._writing, finishing.one_writer(self.folder):
            self.__dict__.pop("words", None)
            return self._words.rebuild(progress or Silent())

    def reindex(
        self,
        split: Split,
        embedder: TextEmbeddings,
        *,
        embeddings: str,
        chunking: str,
        store: str | None = None,
        progress: Progress | None = None,
    ) -> int:
        """Split and embed everything anew beside what is searched, check it, and let it take its place.

        Args:
            split: gives the chunks of a piece in the tokens of `embedder`.
            embeddings: spec of the embedder.
            chunking: how `split` splits, as `max/overlap/min` tokens.
            store: name of the vector store; the one there is when not given.

        Returns:
            How many chunks were embedded; those that a killed run, or the vectors of before, had are not.

        Raises:
            BackendError: the new vectors did not pass the check, or others kept changing the library.
        """
        wanted = Vectors(
            embeddings=embeddings, fingerprint=embedder.fingerprint.to_json(), folder="",
            store=store or self.store_name, chunking=chunking,
        )  # fmt: skip
        return self._shadow(wanted, embedder, by_embedder(embedder), split=split, progress=progress)

    def migrate(self, store: str, progress: Progress | None = None) -> int:
        """Copy the vectors into another vector store, check them, and let it take the place of the old one.

        Raises:
            NotFound: nobody knows the store.
            BackendError: the copies did not pass the check; the old ones are still searched.
        """
        wanted = replace(Vectors.of(self._meta), store=store, folder="", chunking=self.chunking)
        copied = from_store(self.vectors)
        return self._shadow(wanted, OnFirstUse(lambda: self._embedder), copied, progress=progress)

    def _shadow(
        self, wanted: Vectors, embedder: Embeddings, embed: Embed, *, split: Split | None = None,
        progress: Progress | None = None,
    ) -> int:  # fmt: skip
        progress = progress or Silent()
        self.finish(progress)
        with self._writing, finishing.one_writer(self.folder):
            shadow = Shadow(
                self._db, self.folder, wanted, split=split, embed=embed,
                open_store=lambda made: self._open_vectors(made, embedder),
            )  # fmt: skip
            count = shadow.make(progress)
            self._follow_now()
        self.finish(progress)
        return count

    def _comparable_store(self) -> LibraryStore:
        """The vector store as it is; one that forgets everything with its process is filled first."""
        return self._store if self._store.durable else self.vectors

    def stage(self, document_id: str, title: str, piece: Piece) -> None:
        """Put a piece of a large source aside, the first one anew, until `write` gives it its place."""
        with self._writing, transaction(self._db) as db:
            writing.stage(db, document_id, title, [piece])

    def unstage(self, document_id: str) -> None:
        """Forget what was put aside of a source."""
        with self._writing:
            writing.unstage(self._db, document_id)

    def write(self, drafts: Iterable[Draft], *, files: Iterable[KnownFile] = (), gone: Iterable[str] = ()) -> None:
        """Write or replace sources, all or none; their chunks are found after the next `finish`.

        Args:
            files: those that have been read to the end with these sources.
            gone: document ids of sources that are no longer in them.
        """
        with self._writing:
            if (drafts := list(drafts)) and "fingerprint" not in self._meta:
                self._open_parts()
                self._write_meta(fingerprint=self.embeddings.fingerprint.to_json())
            with transaction(self._db) as db:
                for draft in drafts:
                    writing.write_draft(db, draft)
                writing.delete_documents(db, gone)
                db.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", files)

    def finish(self, progress: Progress | None = None) -> None:
        """Do what is still to do with the vectors, also what a killed process has left."""
        with self._writing:
            finishing.finish(
                self._db, self._current_store, self._words, folder=self.folder, progress=progress or Silent()
            )

    def beside(self) -> Beside:
        """A thread that finishes while this one goes on writing."""
        return Beside(self.folder, self.name, self._words.morphemes, self._current_store)

    def remove(self, sources: Sequence[str], *, wait: bool = True) -> int:
        """Remove sources, named as in `find`, with what lies in their files, all or none; returns how many.

        They are hidden at once; without `wait`, another process that writes just now deletes their vectors at its end.

        Raises:
            NotFound: one of them is not in the library.
        """
        chosen = set().union(*(reading.find_with_parts(self._db, name) for name in sources))
        with self._writing:
            with transaction(self._db) as db:
                writing.delete_sources(db, chosen)
            if wait or finishing.is_free(self.folder):
                self.finish(self._progress)
        return len(chosen)

    def tag(self, document_ids: Sequence[str], change: tags.TagChange) -> int:
        """Give tags to sources or take them off; returns how many were changed by it."""
        with self._writing, transaction(self._db) as db:
            return tags.change_tags(db, document_ids, change)

    def state(self) -> dict[str, Any]:
        """What the collection is and how much it holds; `problems` names the files that could not be read."""
        names = {"collection": self.name, "embeddings": self._meta["embeddings"], "store": self._meta["store"]}
        return {**names, **read_state(self._db, self._comparable_store, self._words, collection=self.name)}

    def verify(self) -> list[dict[str, str]]:
        """Problems between texts, chunks and vectors; each has `kind`, `what` and `fix`. Nothing is changed."""
        parts = self._comparable_store, self._words
        return checking.find_problems(self._db, *parts, folder=self.folder, collection=self.name)

    def repair(self, progress: Progress | None = None) -> None:
        """Embed what has no vector, delete vectors that belong to nothing, finish what was cut off.

        Vectors and words that cannot be read are thrown away and made again.
        """
        with self._writing:
            if checking.vector_damage(lambda: self._store):
                self._drop_vectors()
            checking.mark_repairs(self._db, self._store)
            if checking.words_damage(self._words):
                self._words.forget()
            self.finish(progress)

    def _drop_vectors(self) -> None:
        with finishing.one_writer(self.folder):
            self._follow()
            self.__dict__.pop("_store", None)
            shutil.rmtree(self.folder / Vectors.of(self._meta).folder)
