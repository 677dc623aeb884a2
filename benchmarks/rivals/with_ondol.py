"""ondol through its public names, with its defaults: records in, a retriever out. Its default embedder is e5 in int8.

Texts go to SQLite and vectors to FAISS, on disk, in the timed part; the rivals hold theirs in memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from itertools import count
from pathlib import Path

from protocol import FETCH, System, serve

import ondol
from ondol.ingest.records import RecordKeys
from ondol.retrieve.config import RetrieveConfig
from ondol.retrieve.retriever import LibraryRetriever


class Ondol(System):
    packages = ("ondol",)

    def __init__(self, model: Path, prefixes: dict[str, str]) -> None:  # noqa: ARG002 - it knows e5's prefixes
        self._folder = tempfile.TemporaryDirectory()
        self._home, self._names = Path(self._folder.name), map(str, count())
        (self._home / "models").symlink_to(model.parent.resolve())
        self._library = None
        self.empty()

    def empty(self) -> None:
        if self._library:
            self._library.close()
        self._library = ondol.open_library(self._home, next(self._names), create=True)
        self._library.embeddings.embed_query("warm")
        self._retrievers: dict[str, LibraryRetriever] = {}

    def add(self, passages: list[dict[str, str]], path: Path) -> None:  # noqa: ARG002
        ondol.add_documents(self._library, [path], records=RecordKeys())

    def search(self, query: str, mode: str) -> Iterable[str]:
        if mode not in self._retrievers:
            self._retrievers[mode] = ondol.make_retriever(self._library, RetrieveConfig(k=FETCH, mode=mode))
        return (hit.metadata["document_id"] for hit in self._retrievers[mode].invoke(query))


if __name__ == "__main__":
    serve(Ondol)
