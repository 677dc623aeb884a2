"""`chroma`: Chroma in a folder of the collection, or on a server (`chroma:http://127.0.0.1:8000`).

Vectors are always ours: Chroma's own embedding function, which would be fetched from the network, is never set.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.config import Settings
from chromadb.errors import ChromaError
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores.utils import maximal_marginal_relevance

from ondol.errors import BackendError, Damaged, UsageError
from ondol.vector_stores.contract import Filter, LibraryStore, Matrix, unit

HNSW = {"space": "cosine", "ef_construction": 200, "max_neighbors": 48, "ef_search": 1000}
"""Chroma's own settings find 0.75 of the ten nearest of 20,000 random vectors, these 0.996 in 5 ms."""
PAGE = 2000
"""Entries read or written at once; Chroma takes 5,461 in one call."""
VARIABLE = "ONDOL_CHROMA_TOKEN"
"""Of the environment, for a server that asks for a token."""
ALL = "_json"
"""Key of the metadata as JSON; beside it the plain values by themselves, for filters."""


class ChromaStore(LibraryStore):
    """Vectors of one collection; any dimension, all rows the same."""

    def __init__(self, embeddings: Embeddings, *, folder: Path, address: str = "", name: str = "chunks") -> None:
        self._embeddings, self.folder, self._address, self._name = embeddings, folder, address, name
        self._client: Any = None
        self._kept: Any = None
        self._changes = -1
        self._using = threading.RLock()  # no thread opens Chroma again while another one asks it

    @property
    def embeddings(self) -> Embeddings:
        return self._embeddings

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        where: Path = Path("chroma"),
        **kwargs: Any,
    ) -> ChromaStore:
        store = cls(embedding, folder=where)
        store.add_texts(texts, metadatas, ids=ids, **kwargs)
        return store

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: Sequence[str | None] | None = None,
        **kwargs: Any,  # noqa: ARG002 - LangChain's signature
    ) -> list[str]:
        """Embed and keep N texts; a known id is replaced.

        Raises:
            UsageError: the embedder's dimension is not that of the collection.
        """
        contents = list(texts)
        names = [name or str(uuid.uuid4()) for name in (ids or [None] * len(contents))]
        rows = zip(contents, metadatas or [{} for _ in contents], strict=True)
        documents = [Document(page_content=text, metadata=values) for text, values in rows]
        if documents:
            vectors = np.asarray(self._embeddings.embed_documents(contents), dtype=np.float32)
            self.add_embedded(documents, vectors, names)
        return names

    def add_embedded(self, documents: Sequence[Document], vectors: Matrix, ids: Sequence[str]) -> None:
        last = {name: place for place, name in enumerate(ids)}  # Chroma refuses an id that stands twice
        places, rows = list(last.values()), unit(np.asarray(vectors, dtype=np.float32))
        with self._told():
            for first in range(0, len(places), PAGE):
                chosen = places[first : first + PAGE]
                self._collection.upsert(
                    ids=[ids[place] for place in chosen],
                    embeddings=rows[chosen],
                    documents=[documents[place].page_content for place in chosen],
                    metadatas=[_flat(documents[place].metadata) for place in chosen],
                )
            self._changes = self._count_changes()

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> bool:  # noqa: ARG002 - LangChain's signature
        """Drop these ids; unknown ones are passed over."""
        names = list(dict.fromkeys(ids or []))
        with self._told():
            for first in range(0, len(names), PAGE):
                known = self._collection.get(ids=names[first : first + PAGE], include=[])["ids"]
                if known:
                    self._collection.delete(ids=known)
            self._changes = self._count_changes()
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        found = {str(document.id): document for document in self._documents(list(dict.fromkeys(ids)))}
        return [found[name] for name in dict.fromkeys(ids) if name in found]

    def list_ids(self) -> list[str]:
        names: list[str] = []
        with self._told():
            while page := self._collection.get(include=[], limit=PAGE, offset=len(names))["ids"]:
                names += page
        return names

    def count(self) -> int:
        with self._told():
            return int(self._collection.count())

    def describe(self) -> str:
        return f"HNSW of Chroma, ef {HNSW['ef_search']}"

    def vectors_of(self, ids: Sequence[str]) -> dict[str, Matrix]:
        names, found = list(dict.fromkeys(ids)), dict[str, Matrix]()
        with self._told():
            for first in range(0, len(names), PAGE):
                page = self._collection.get(ids=names[first : first + PAGE], include=["embeddings"])
                if page["ids"]:
                    rows = unit(np.asarray(page["embeddings"], dtype=np.float32))
                    found.update(zip(page["ids"], rows, strict=True))
        return {name: found[name] for name in names if name in found}

    def similarity_search(self, query: str, k: int = 4, **kwargs: Any) -> list[Document]:
        return [document for document, _ in self.similarity_search_with_score(query, k, **kwargs)]

    def similarity_search_with_score(self, query: str, k: int = 4, **kwargs: Any) -> list[tuple[Document, float]]:
        return self.similarity_search_with_score_by_vector(self._embeddings.embed_query(query), k, **kwargs)

    def similarity_search_by_vector(self, embedding: list[float], k: int = 4, **kwargs: Any) -> list[Document]:
        return [document for document, _ in self.similarity_search_with_score_by_vector(embedding, k, **kwargs)]

    def similarity_search_with_score_by_vector(
        self, embedding: list[float], k: int = 4, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """See `LibraryStore`."""
        wanted, test = min(k, self.count()), kwargs.get("filter") or {}
        if wanted <= 0 or any(isinstance(value, list) and not value for value in test.values()):
            return []
        with self._told():
            found = self._collection.query(
                query_embeddings=unit(np.asarray([embedding], dtype=np.float32)), n_results=wanted,
                where=_condition(test), include=["documents", "metadatas", "distances"],
            )  # fmt: skip
        rows = zip(*(found[name][0] for name in ("ids", "documents", "metadatas", "distances")), strict=True)
        return [(_document(name, text, values), 1.0 - float(far)) for name, text, values, far in rows]

    def max_marginal_relevance_search(
        self, query: str, k: int = 4, fetch_k: int = 20, lambda_mult: float = 0.5, **kwargs: Any
    ) -> list[Document]:
        vector = self._embeddings.embed_query(query)
        hits = self.similarity_search_with_score_by_vector(vector, fetch_k, **kwargs)
        vectors = self.vectors_of([str(document.id) for document, _ in hits])
        rows = [vectors[str(document.id)].tolist() for document, _ in hits]
        chosen = maximal_marginal_relevance(np.asarray(vector, dtype=np.float32), rows, lambda_mult=lambda_mult, k=k)
        return [hits[place][0] for place in chosen]

    def find_damage(self) -> str:
        file = self.folder / "chroma.sqlite3"
        try:
            if not self._address and file.is_file():
                with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as database:
                    told = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
                    if told != "ok":
                        return told
            names = self.list_ids()
            if names:
                vector = next(iter(self.vectors_of(names[:1]).values()))
                self.similarity_search_with_score_by_vector(vector.tolist(), 1)
        except sqlite3.DatabaseError as error:
            return str(error)
        except BackendError as error:
            return error.message
        return ""

    def close(self) -> None:
        with self._using:
            client, self._client, self._kept = self._client, None, None
            if client is not None:
                session = getattr(client._server, "_session", None)  # Chroma leaves its connections open
                client.close()
                if session is not None:
                    session.close()

    def _documents(self, names: list[str]) -> Iterator[Document]:
        with self._told():
            for first in range(0, len(names), PAGE):
                page = self._collection.get(ids=names[first : first + PAGE], include=["documents", "metadatas"])
                for row in zip(page["ids"], page["documents"], page["metadatas"], strict=True):
                    yield _document(*row)

    @property
    def _collection(self) -> Any:
        """Chroma's collection; opened again when another process has written, for its index would be an old one."""
        if self._kept is not None and self._count_changes() == self._changes:
            return self._kept
        if self._kept is not None:
            self.close()
        self._client = self._open_client()
        self._kept = self._client.get_or_create_collection(
            self._name, embedding_function=None, configuration={"hnsw": HNSW}
        )
        self._changes = self._count_changes()
        return self._kept

    def _open_client(self) -> Any:
        quiet = Settings(anonymized_telemetry=False, allow_reset=False)
        if not self._address:
            self.folder.mkdir(parents=True, exist_ok=True)
            return chromadb.PersistentClient(path=str(self.folder), settings=quiet)
        token = os.environ.get(VARIABLE, "")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        secure, _, rest = self._address.partition("://")
        host, _, port = rest.rstrip("/").partition(":")
        number = int(port) if port.isdigit() else (443 if secure == "https" else 8000)
        return chromadb.HttpClient(host=host, port=number, ssl=secure == "https", headers=headers, settings=quiet)

    def _count_changes(self) -> int:
        """Something else after each change of the folder; a server knows its changes itself."""
        if self._address:
            return 0
        parts = (self.folder / name for name in ("chroma.sqlite3", "chroma.sqlite3-wal"))
        stats = [path.stat() for path in parts if path.exists()]
        return hash(tuple((stat.st_mtime_ns, stat.st_size, stat.st_ino) for stat in stats))

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of Chroma as ours, one thread at a time."""
        try:
            with self._using:
                yield
        except (ChromaError, ValueError, OSError, RuntimeError, sqlite3.DatabaseError) as error:
            reason = str(error).split("\n")[0]
            if "dimension" in reason:
                raise UsageError(
                    "The vectors have another dimension than those in Chroma: {reason}",
                    hint="Make them anew with: ondol reindex --embeddings SPEC", reason=reason,
                ) from error  # fmt: skip
            if self._address:
                raise BackendError(
                    "Chroma at {address} cannot be used: {reason}",
                    hint="See whether it runs: chroma run --port 8000", address=self._address, reason=reason,
                ) from error  # fmt: skip
            raise Damaged(
                "The vectors are damaged: {reason}.", hint="Make them again with: ondol verify --repair", reason=reason
            ) from error


def open_chroma(embeddings: Embeddings, *, where: Path, collection: str = "main", address: str = "") -> ChromaStore:  # noqa: ARG001
    """The store in the folder `where`, or the one of that name on the server at `address`.

    Raises:
        UsageError: the address is none.
    """
    if not address:
        return ChromaStore(embeddings, folder=where)
    if not address.startswith(("http://", "https://")):
        raise UsageError(
            "'{address}' is no address of a Chroma server.", hint="For example chroma:http://127.0.0.1:8000",
            address=address,
        )  # fmt: skip
    return ChromaStore(embeddings, folder=where, address=address, name=f"ondol-{where.parent.name}-{where.name}")


def _flat(metadata: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in metadata.items() if isinstance(value, str | int | float | bool)}
    return {**plain, ALL: json.dumps(metadata, ensure_ascii=False, default=str)}


def _document(name: str, text: str | None, values: dict[str, Any] | None) -> Document:
    kept = values or {}
    return Document(id=name, page_content=text or "", metadata=json.loads(kept[ALL]) if ALL in kept else dict(kept))


def _condition(wanted: Filter | None) -> dict[str, Any] | None:
    tests: list[dict[str, Any]] = [
        {name: {"$in": list(value)} if isinstance(value, list | tuple | set) else {"$eq": value}}
        for name, value in (wanted or {}).items()
    ]
    return tests[0] if len(tests) == 1 else {"$and": tests} if tests else None
