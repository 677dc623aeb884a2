"""Libraries on a small embedder, for the tests of library and ingest."""

import re
import zlib

import numpy as np
import pytest

from ondol.embeddings.contract import TextEmbeddings
from ondol.embeddings.fingerprint import Fingerprint
from ondol.library.library import Library
from ondol.library.rows import Chunk, Draft, Piece
from ondol.vector_stores.faiss import open_faiss


class Words(TextEmbeddings):
    """A text is the sum of its words; every word and every Hangul syllable is a token."""

    max_tokens = 120

    def __init__(self, spec="words:"):
        self.fingerprint = Fingerprint(model=spec, weights="0", dimension=64, pooling="mean", normalized=True)

    def token_offsets(self, text):
        return [match.span() for match in re.finditer(r"[가-힣]|\w+|[^\w\s]", text)]

    def embed_array(self, texts, role):
        rows = np.zeros((len(texts), 64), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for start, end in self.token_offsets(text):
                row[zlib.crc32(text[start:end].encode()) % 64] += 1
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def open_words_library(home, collection="main", **options):
    parts = {
        "create": True,
        "embeddings": "words:",
        "store": "faiss",
        "open_embeddings": Words,
        "open_store": lambda name, embeddings, where: open_faiss(embeddings, where=where),
    }
    return Library.open(home, collection, **parts | options)


def make_draft(document_id, *passages, pages=()):
    """A source whose chunks are the passages."""
    text, chunks = "\n".join(passages), []
    for passage in passages:
        start = text.index(passage)
        chunks.append(Chunk(start, start + len(passage), "", len(passage.split())))
    return Draft(
        document_id=document_id, source=f"docs/{document_id}.txt", place=f"/docs/{document_id}.txt", title="",
        format="txt", bytes=len(text), sha256=str(hash(text)), recipe="1", pieces=[Piece(0, text, chunks)], pages=pages,
    )  # fmt: skip


@pytest.fixture
def library(tmp_path):
    with open_words_library(tmp_path) as opened:
        yield opened


@pytest.fixture
def draft():
    return make_draft


@pytest.fixture
def open_again(tmp_path):
    """Open the same home once more, as another process would."""
    return lambda *arguments, **options: open_words_library(tmp_path, *arguments, **options)
