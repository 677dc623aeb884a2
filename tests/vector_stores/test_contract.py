"""Both stores keep LangChain's contract and ours."""

import numpy as np
import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_tests.integration_tests import VectorStoreIntegrationTests

from ondol.vector_stores.chroma import open_chroma
from ondol.vector_stores.faiss import open_faiss
from ondol.vector_stores.memory import open_memory

EMBEDDER = DeterministicFakeEmbedding(size=32)


class TestFaissKeepsLangChainsContract(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self, tmp_path):
        store = open_faiss(self.get_embeddings(), where=tmp_path)
        yield store
        store.close()


class TestMemoryKeepsLangChainsContract(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self):
        return open_memory(self.get_embeddings())


class TestChromaKeepsLangChainsContract(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self, tmp_path):
        store = open_chroma(self.get_embeddings(), where=tmp_path)
        yield store
        store.close()


OPENERS = {"faiss": open_faiss, "memory": open_memory, "chroma": open_chroma}


@pytest.fixture(params=OPENERS)
def store(request, tmp_path):
    opened = OPENERS[request.param](EMBEDDER, where=tmp_path)
    yield opened
    opened.close()


def test_a_text_is_nearest_to_itself_with_cosine_one(store):
    store.add_texts(["온돌", "마루", "stove"], ids=["a", "b", "c"])
    vector = EMBEDDER.embed_query("마루")
    (best, cosine), *rest = store.similarity_search_with_score_by_vector(vector, k=3)
    assert (best.id, best.page_content) == ("b", "마루")
    assert cosine == pytest.approx(1, abs=1e-4)
    assert [score for _, score in rest] == sorted((score for _, score in rest), reverse=True)


def test_ids_are_listed_after_add_replace_and_delete(store):
    store.add_texts(["one", "two"], ids=["1", "2"])
    store.add_texts(["another one"], ids=["1"])
    store.delete(["2", "never there"])
    assert store.list_ids() == ["1"]
    assert store.similarity_search("one", k=5)[0].page_content == "another one"


def test_nearest_gives_the_same_ids_and_cosines_without_texts(store):
    store.add_texts(["온돌", "마루", "stove"], ids=["a", "b", "c"])
    vector = EMBEDDER.embed_query("마루")
    hits = store.similarity_search_with_score_by_vector(vector, k=2)
    assert store.nearest(vector, 2) == [(hit.id, pytest.approx(score)) for hit, score in hits]
    assert store.nearest(vector, 0) == []


def test_cosines_are_told_for_the_ids_that_are_there(store):
    assert store.cosines(EMBEDDER.embed_query("온돌"), ["a"]) == {}
    store.add_texts(["온돌", "마루"], ids=["a", "b"])
    vector = EMBEDDER.embed_query("온돌")
    assert store.cosines([3 * number for number in vector], ["b", "a", "gone"]) == {
        name: pytest.approx(score, abs=1e-3) for name, score in store.nearest(vector, 2)
    }


def test_vectors_have_length_one_and_unknown_ids_are_left_out(store):
    store.add_texts(["온돌", "마루"], ids=["a", "b"])
    vectors = store.vectors_of(["b", "gone", "a"])
    assert vectors.keys() == {"a", "b"}
    assert [float(np.linalg.norm(row)) for row in vectors.values()] == pytest.approx([1, 1], abs=1e-3)
    assert np.dot(vectors["a"], unit([EMBEDDER.embed_query("온돌")])) == pytest.approx(1, abs=1e-3)


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True))[0]


def test_the_background_is_zero_when_the_store_is_empty(store):
    assert store.background(EMBEDDER.embed_query("x")) == (0.0, 0.0)


def test_the_background_is_mean_and_deviation_of_the_cosines(store):
    names = [f"text {number}" for number in range(50)]
    store.add_texts(names, ids=names)
    vector = EMBEDDER.embed_query("text 1")
    cosines = np.asarray(list(store.cosines(vector, names).values()))
    assert store.background(vector) == (
        pytest.approx(cosines.mean(), abs=1e-3),
        pytest.approx(cosines.std(), abs=1e-3),
    )
    store.delete(names)
    assert store.background(vector) == (0.0, 0.0)


def test_the_background_takes_a_fixed_sample_of_a_large_store(store, monkeypatch):
    monkeypatch.setattr("ondol.vector_stores.contract.SAMPLE", 10)
    names = [f"text {number}" for number in range(50)]
    store.add_texts(names, ids=names)
    assert len(store.sample()) == 10
    assert np.array_equal(store.sample(), store.sample())


def test_a_filter_takes_one_value_or_one_of_many(store):
    texts = [f"text {number}" for number in range(40)]
    rows = [{"document_id": f"d{number // 4}", "even": number % 2 == 0} for number in range(40)]
    store.add_texts(texts, rows, ids=texts)
    vector = EMBEDDER.embed_query("text 7")

    def found(**wanted):
        return {name for name, _ in store.nearest(vector, 40, filter=wanted)}

    assert found(document_id="d1") == {"text 4", "text 5", "text 6", "text 7"}
    assert found(document_id=["d1", "d9"]) == {*texts[4:8], *texts[36:]}
    assert found(document_id=["d1", "d9"], even=True) == {"text 4", "text 6", "text 36", "text 38"}
    assert found(document_id=["d1", *(f"none {number}" for number in range(5000))]) == {*texts[4:8]}
    assert found(document_id=[]) == found(document_id="none") == set()


def test_a_store_says_how_much_it_holds_and_how_it_searches(store):
    assert store.count() == 0
    assert store.describe() in ("exact", "HNSW of Chroma, ef 1000")
    store.add_texts(["온돌", "마루"], ids=["a", "b"])
    assert store.count() == 2


def test_marginal_relevance_leaves_out_near_copies(store):
    store.add_texts(["same", "same", "other"], ids=["1", "2", "3"])
    chosen = store.max_marginal_relevance_search("same", k=2, fetch_k=3, lambda_mult=0.2)
    assert {hit.page_content for hit in chosen} == {"same", "other"}
