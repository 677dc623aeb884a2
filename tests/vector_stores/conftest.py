"""Stores whose vectors can be told from their texts."""

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding

from ondol.vector_stores.faiss import FaissStore, open_faiss

EMBEDDER = DeterministicFakeEmbedding(size=32)


def fill(store, first, last):
    """Texts numbered from `first` up to `last`, which is left out; their ids are the texts."""
    names = [f"text {number}" for number in range(first, last)]
    rows = [{"document_id": f"d{number // 10}", "even": number % 2 == 0} for number in range(first, last)]
    return store.add_texts(names, rows, ids=names)


def best(store, text):
    """The id found first for the vector of `text`, with its cosine to one digit."""
    [(name, cosine)] = store.nearest(EMBEDDER.embed_query(text), 1)
    return name, round(cosine, 1)


def finds(store, first, last):
    return all(best(store, f"text {number}") == (f"text {number}", 1.0) for number in range(first, last))


def reopen(store: FaissStore) -> FaissStore:
    store.close()
    return open_faiss(EMBEDDER, where=store.folder)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "한글 폴더"


@pytest.fixture
def store(folder):
    opened = open_faiss(EMBEDDER, where=folder)
    yield opened
    opened.close()


@pytest.fixture
def small(monkeypatch):
    """Limits at which a few vectors do what many do: a new index after 8, a first look above 64."""
    monkeypatch.setattr("ondol.vector_stores.view.LOOSE", 8)
    monkeypatch.setattr("ondol.vector_stores.vector_index.EXACT_UP_TO", 64)
    monkeypatch.setattr("ondol.vector_stores.snapshot.WORTH", 8)
