"""The hits that a question is answered from, and those that only tell how near other documents come."""

from __future__ import annotations

from dataclasses import dataclass

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from ondol.answer.evidence import choose_hits
from ondol.embeddings.contract import TextEmbeddings
from ondol.library.library import Library
from ondol.retrieve.config import RetrieveConfig
from ondol.retrieve.retriever import LibraryRetriever
from ondol.retrieve.search import search_library

WIDER = 60
"""Chunks that are looked at to see how near other documents come."""


@dataclass(frozen=True, slots=True)
class Hits:
    shown: list[Document]
    """What the search gave, best first, and behind them what is read as well."""
    read: list[Document]
    """Those whose sentences are compared with the question."""
    wider: list[Document]
    """For the gate."""


def retrieve(question: str, retriever: BaseRetriever, embedder: TextEmbeddings) -> Hits:
    """The retriever's hits, and at least `WIDER` of them where it is ondol's own."""
    if isinstance(retriever, LibraryRetriever):
        k = retriever.config.k
        found = retriever.search(question, k=max(k, WIDER)).hits
        _add_cosines(question, found, retriever.library)
        wider = [*found, *_near(question, retriever)]
    else:
        found = wider = _adopt(retriever.invoke(question), question, embedder)
        k = len(found)
    read = choose_hits(question, found, model=embedder.fingerprint.model)
    return Hits([*found[:k], *(hit for hit in read if hit not in found[:k])], read, wider)


def _add_cosines(question: str, hits: list[Document], library: Library) -> None:
    """A search for words does not know them; evidence and gate compare by nothing else."""
    missing = [hit for hit in hits if hit.metadata.get("cosine") is None]
    if missing:
        cosines = library.vectors.cosines(library.embeddings.embed_query(question), [str(hit.id) for hit in missing])
        for hit in missing:
            hit.metadata["cosine"] = cosines.get(str(hit.id), 0.0)


def _near(question: str, retriever: LibraryRetriever) -> list[Document]:
    """What is near in meaning, where the search went by words alone.

    It finds few documents and hardly any near ones; what it finds would seem to stand far above all others.
    """
    if retriever.config.mode != "lexical":
        return []
    near = RetrieveConfig(k=WIDER, mode="dense", filter=retriever.config.filter)
    return search_library(retriever.library, question, near).hits


def _adopt(hits: list[Document], question: str, embedder: TextEmbeddings) -> list[Document]:
    """A foreign retriever's documents with the metadata that ondol's own hits have; offsets count in their texts."""
    if not hits:
        return []
    vectors = embedder.embed_array([hit.page_content for hit in hits], "passage")
    scores = vectors @ embedder.embed_array([question], "query")[0]
    adopted = []
    for hit, score in zip(hits, scores.tolist(), strict=True):
        name = str(hit.metadata.get("document_id") or hit.id or hit.metadata.get("source", ""))
        missing = {"document_id": name, "source": name, "title": "", "heading": "", "page": None, "unit": "page",
                   "page_name": "", "start": 0, "rank": 0}  # fmt: skip
        metadata = {**missing, "score": score, "end": len(hit.page_content), **hit.metadata, "cosine": score}
        adopted.append(Document(id=hit.id or name, page_content=hit.page_content, metadata=metadata))
    return adopted
