"""Both stores keep LangChain's contract and ours."""

from pathlib import Path

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_tests.integration_tests import VectorStoreIntegrationTests

from ondol.errors import UsageError
from ondol.vector_stores.faiss import FaissStore, open_faiss
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


@pytest.fixture(params=["faiss", "memory"])
def store(request, tmp_path):
    opened = open_faiss(EMBEDDER, where=tmp_path) if request.param == "faiss" else open_memory(EMBEDDER)
    yield opened
    opened.close()


def test_a_text_is_nearest_to_itself_with_cosine_one(store):
    store.add_texts(["온돌", "마루", "stove"], ids=["a", "b", "c"])
    vector = EMBEDDER.embed_query("마루")
    (best, cosine), *rest = store.similarity_search_with_score_by_vector(vector, k=3)
    assert (best.id, best.page_content) == ("b", "마루")
    assert cosine == pytest.approx(1, abs=1e-5)
    assert [score for _, score in rest] == sorted((score for _, score in rest), reverse=True)


def test_ids_are_listed_after_add_replace_and_delete(store):
    store.add_texts(["one", "two"], ids=["1", "2"])
    store.add_texts(["another one"], ids=["1"])
    store.delete(["2", "never there"])
    assert store.list_ids() == ["1"]
    assert store.similarity_search("one", k=5)[0].page_content == "another one"


def reopen(store: FaissStore) -> FaissStore:
    store.close()
    return open_faiss(EMBEDDER, where=store.folder)


@pytest.fixture
def filled(tmp_path):
    store = open_faiss(EMBEDDER, where=tmp_path / "한글 폴더")
    store.add_documents([Document(page_content=f"text {n}", metadata={"even": n % 2 == 0, "n": n}) for n in range(40)])
    return store


def best(store: FaissStore) -> str:
    return store.similarity_search("text 7", k=1)[0].page_content


def test_a_filter_leaves_only_documents_with_those_values(filled):
    hits = filled.similarity_search("text 7", k=40, filter={"even": True})
    assert len(hits) == 20
    assert all(hit.metadata["n"] % 2 == 0 for hit in hits)


def test_the_index_file_is_read_again_after_a_restart(filled):
    assert best(filled) == "text 7"
    again = reopen(filled)
    assert (again.folder / "index.faiss").is_file()
    assert best(again) == "text 7"


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"\x00" * 100)], ids=["lost", "damaged"])
def test_a_bad_index_file_is_built_again_from_the_database(filled, harm):
    best(filled)
    filled.close()
    harm(filled.folder / "index.faiss")
    again = open_faiss(EMBEDDER, where=filled.folder)
    assert best(again) == "text 7"
    assert best(reopen(again)) == "text 7"


def test_a_writer_in_another_process_is_seen(filled):
    best(filled)
    other = open_faiss(EMBEDDER, where=filled.folder)
    other.add_texts(["brand new"], ids=["new"])
    assert filled.similarity_search("brand new", k=1)[0].id == "new"
    other.delete(["new"])
    assert filled.similarity_search("brand new", k=1)[0].id != "new"


def test_vectors_of_another_dimension_are_refused(filled):
    other = open_faiss(DeterministicFakeEmbedding(size=8), where=filled.folder)
    with pytest.raises(UsageError, match="have 32 numbers, this embedder gives 8"):
        other.add_texts(["x"])


def test_a_store_that_never_closed_loses_nothing(filled):
    again = open_faiss(EMBEDDER, where=filled.folder)
    assert len(again.list_ids()) == 40
    assert best(again) == "text 7"


def test_marginal_relevance_leaves_out_near_copies(tmp_path):
    store = open_faiss(EMBEDDER, where=tmp_path)
    store.add_texts(["same", "same", "other"], ids=["1", "2", "3"])
    chosen = store.max_marginal_relevance_search("same", k=2, fetch_k=3, lambda_mult=0.2)
    assert {hit.page_content for hit in chosen} == {"same", "other"}
