"""A persistent index of terms on tantivy: BM25, incremental, readable while another process writes."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import tantivy
from tantivy import Occur, Query

from ondol.device import hint_for
from ondol.errors import BackendError
from ondol.lexical.korean import rarity_of
from ondol.lexical.terms import Terms, question_terms

FIELDS = ("words", "pairs", "codes")
HEAP = 32_000_000
"""Bytes that a writer collects before it writes a segment; 15 MB is the least that tantivy takes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A chunk as it is indexed."""

    id: str
    document_id: str
    terms: Terms


class LexicalIndex:
    """One collection's chunks in one folder; many readers, one writer at a time."""

    def __init__(self, folder: Path) -> None:
        """Open or make the index in `folder`.

        Raises:
            BackendError: it cannot be read; it can be made again from the library.
        """
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._index = tantivy.Index(_schema(), path=str(folder))
            self._index.config_reader("manual")
        except (OSError, ValueError) as error:
            raise self._broken(error) from error
        self._schema = self._index.schema
        self._writing = threading.Lock()
        self._read = (0, 0)

    # Writing

    def write(self, entries: Iterable[Entry], gone: Iterable[str] = ()) -> None:
        """Add or replace chunks and drop the ids that are `gone`; durable when it returns, all or nothing."""
        with self._writer() as writer:
            for name in gone:
                with self._told():
                    writer.delete_documents_by_term("id", name)
            for entry in entries:
                with self._told():
                    writer.delete_documents_by_term("id", entry.id)
                    writer.add_document(_document(entry))

    @contextmanager
    def _writer(self) -> Iterator[tantivy.IndexWriter]:
        with self._writing:
            with self._told():
                writer = self._index.writer(HEAP, 1)
                writer.garbage_collect_files()  # a killed writer's list of deletions has the name of the next one
            yield writer
            with self._told():
                writer.commit()
                writer.wait_merging_threads()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of tantivy as ours."""
        try:
            yield
        except (ValueError, OSError) as error:
            raise self._broken(error) from error

    # Reading

    def analyse(self, question: str) -> Terms:
        """Terms of a question, its Korean words cut by the words of this index."""
        searcher = self._searcher()
        documents = searcher.num_docs
        return question_terms(question, lambda word: rarity_of(searcher.doc_freq("words", word), documents))

    def search(
        self, terms: Terms, k: int, *, document_ids: Sequence[str] | None = None, all_of: Terms | None = None
    ) -> list[tuple[str, float]]:
        """The `k` best chunks and their BM25, best first.

        Args:
            document_ids: search only chunks of these documents.
            all_of: terms that a chunk must have, every one of them.
        """
        query = self._query(terms)
        if query is None or k < 1:
            return []
        parts = [(Occur.Must, query)]
        if document_ids is not None:
            parts.append((Occur.Must, self._one_of("document", document_ids)))
        for name, term in _unique(all_of) if all_of else []:
            parts.append((Occur.Must, Query.const_score_query(Query.term_query(self._schema, name, term), 0.0)))
        return self._run(Query.boolean_query(parts), k)

    def scores(self, terms: Terms, ids: Sequence[str]) -> dict[str, float]:
        """BM25 of these chunks; those without any of the terms are left out."""
        query = self._query(terms)
        if query is None or not ids:
            return {}
        both = Query.boolean_query([(Occur.Must, query), (Occur.Must, self._one_of("id", ids))])
        return dict(self._run(both, len(ids)))

    def weights(self, terms: Terms) -> dict[tuple[str, str], float]:
        """(field, term) → its inverse document frequency. Their sum is about what a chunk with every term scores."""
        searcher = self._searcher()
        documents = searcher.num_docs
        return {(name, term): _weight(searcher.doc_freq(name, term), documents) for name, term in _unique(terms)}

    def count(self) -> int:
        return int(self._searcher().num_docs)

    def _run(self, query: Query, k: int) -> list[tuple[str, float]]:
        searcher = self._searcher()
        with self._told():
            hits = searcher.search(query, k, count=False).hits
            return [(searcher.doc(address)["id"][0], float(score)) for score, address in hits]

    def _query(self, terms: Terms) -> Query | None:
        """Any of the terms; None for a question without one."""
        parts = [(Occur.Should, Query.term_query(self._schema, name, term)) for name, term in _unique(terms)]
        return Query.boolean_query(parts) if parts else None

    def _one_of(self, name: str, values: Sequence[str]) -> Query:
        return Query.const_score_query(Query.term_set_query(self._schema, name, list(values)), 0.0)

    def _searcher(self) -> tantivy.Searcher:
        """Of the index as it is now, also when another process has written to it."""
        with self._told():
            status = (self.folder / "meta.json").stat()  # every commit puts another file in its place
            written = status.st_ino, status.st_mtime_ns
            if written != self._read:
                self._index.reload()
                self._read = written
            return self._index.searcher()

    def _broken(self, error: Exception) -> BackendError:
        return BackendError(
            "The word index in {folder} cannot be used: {reason}.",
            hint=hint_for(self.folder, "Make it again with: ondol verify --repair"),
            folder=self.folder,
            reason=str(error)[:200],
        )


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("document", tokenizer_name="raw", index_option="basic")
    for name in FIELDS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _document(entry: Entry) -> tantivy.Document:
    fields = {name: " ".join(terms) for name, terms in entry.terms.by_field().items()}
    return tantivy.Document(id=entry.id, document=entry.document_id, **fields)


def _unique(terms: Terms) -> list[tuple[str, str]]:
    return list(dict.fromkeys((name, term) for name, found in terms.by_field().items() for term in found))


def _weight(count: int, documents: int) -> float:
    """The inverse document frequency that tantivy's BM25 uses."""
    return math.log(1 + (documents - count + 0.5) / (count + 0.5))
