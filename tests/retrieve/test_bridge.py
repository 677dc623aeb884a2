"""Documents in another language are not buried for that alone."""

import numpy as np
import pytest

from ondol.embeddings.contract import TextEmbeddings
from ondol.embeddings.fingerprint import Fingerprint
from ondol.ingest.add import add_documents
from ondol.lang import detect_language
from ondol.library.library import Library
from ondol.retrieve.bridge import make_bridge
from ondol.retrieve.config import RetrieveConfig
from ondol.retrieve.search import search_library
from ondol.vector_stores.faiss import open_faiss

TOPICS = {
    "mill": ("mill", "방앗간"),
    "market": ("market", "시장"),
    "museum": ("museum", "박물관"),
    "harbour": ("harbour", "항구"),
    "library": ("library", "도서관"),
    **{f"town{number}": (f"town {number}.", f"마을 {number}번") for number in range(12)},
}
WIDTH = len(TOPICS) + 2


class Bilingual(TextEmbeddings):
    """A topic is one number in either language, and each language adds much of its own, as e5 does."""

    max_tokens = 100
    fingerprint = Fingerprint(model="bilingual", weights="0", dimension=WIDTH, pooling="mean", normalized=True)

    def __init__(self, spec=""):
        pass

    def token_offsets(self, text):
        return [(place, place + 1) for place in range(len(text))]

    def embed_array(self, texts, role):
        rows = np.zeros((len(texts), WIDTH), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for place, names in enumerate(TOPICS.values()):
                row[place] = 0.8 * any(name in text for name in names)
            row[-1 if detect_language(text) == "ko" else -2] = 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def make_library(tmp_path):
    def make(**texts):
        for name, text in texts.items():
            (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
        library = Library.open(
            tmp_path, "main", create=True, embeddings="bilingual", store="faiss", open_embeddings=Bilingual,
            open_store=lambda name, embeddings, where: open_faiss(embeddings, where=where),
        )  # fmt: skip
        add_documents(library, [tmp_path / "*.txt"])
        return library

    return make


ENGLISH = {
    "mill": "The mill is old.",
    "market": "The market is wide.",
    **{f"town{number}": f"It lies near town {number}." for number in range(12)},
}
KOREAN = {
    "museum": "박물관은 조용하다.",
    "harbour": "항구는 넓다.",
    "library": "도서관은 밝다.",
    **{f"마을{number}": f"마을 {number}번은 멀다." for number in range(12)},
}


@pytest.mark.parametrize(
    ("question", "name"), [("방앗간은 어떤가요?", "mill"), ("How is the museum?", "museum"), ("시장은요?", "market")]
)
def test_a_question_finds_the_document_in_the_other_language_first(make_library, question, name):
    with make_library(**ENGLISH, **KOREAN) as library:
        hits = search_library(library, question, RetrieveConfig(k=1)).hits
        assert [hit.metadata["title"] for hit in hits] == [name]
        assert hits[0].metadata["lift"] > 0
        dense = search_library(library, question, RetrieveConfig(k=1, mode="dense")).hits
        assert [hit.metadata["title"] for hit in dense] != [name]


@pytest.mark.parametrize(("question", "name"), [("박물관은 어떤가요?", "museum"), ("How is the mill?", "mill")])
def test_a_question_still_finds_the_document_in_its_own_language(make_library, question, name):
    with make_library(**ENGLISH, **KOREAN) as library:
        hits = search_library(library, question, RetrieveConfig(k=1)).hits
        assert [hit.metadata["title"] for hit in hits] == [name]
        assert hits[0].metadata["lift"] == 0


def test_a_library_in_one_language_needs_no_bridge(make_library):
    with make_library(**KOREAN) as library:
        vector = np.asarray(library.embeddings.embed_query("방앗간"), dtype=np.float32)
        assert make_bridge(library, "ko", vector) is None
        assert make_bridge(library, "en", vector) is None


def test_the_bridge_sees_documents_that_were_added_later(make_library, tmp_path):
    with make_library(**KOREAN) as library:
        vector = np.asarray(library.embeddings.embed_query("방앗간"), dtype=np.float32)
        assert make_bridge(library, "ko", vector) is None
        (tmp_path / "mill.txt").write_text("The mill is old.")
        add_documents(library, [tmp_path / "mill.txt"])
        assert make_bridge(library, "ko", vector).lift > 0


def test_the_bridge_is_made_again_when_a_language_is_gone(make_library, tmp_path):
    with make_library(**KOREAN, **ENGLISH) as library:
        vector = np.asarray(library.embeddings.embed_query("방앗간"), dtype=np.float32)
        assert make_bridge(library, "ko", vector)
        library.remove([str(tmp_path / f"{name}.txt") for name in ENGLISH])
        assert make_bridge(library, "ko", vector) is None


def test_two_documents_alone_are_told_apart_by_the_question(make_library):
    with make_library(mill="The mill is old.", museum="박물관은 조용하다.") as library:
        for question, name in [("박물관은 어떤가요?", "museum"), ("How is the mill?", "mill")]:
            hits = search_library(library, question, RetrieveConfig(k=1)).hits
            assert [hit.metadata["title"] for hit in hits] == [name]
