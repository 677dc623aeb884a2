"""The real runtime on a tiny random reranker (see tests/embeddings/gguf_files.py)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import gguf
import pytest
from langchain_core.documents import Document

import ondol
from ondol.errors import Damaged, NotFound, UsageError
from ondol.model_store.store import ModelStore
from ondol.rerankers.llama_cpp import LlamaCppReranker, open_llama_cpp

TEXTS = ["서울특별시이다.", "the capital", "", "대한민국의 수도는", "\ud800"]


@pytest.fixture(scope="module")
def rank_path(gguf_files, tmp_path_factory):
    path = tmp_path_factory.mktemp("gguf") / "rank.gguf"
    return gguf_files.write_encoder(path, pooling=gguf.PoolingType.RANK, head=True)


@pytest.fixture(scope="module")
def tiny(rank_path):
    with LlamaCppReranker(path=rank_path, threads=1) as reranker:
        yield reranker


def test_scores_have_the_order_of_the_texts_and_depend_on_both(tiny):
    scores = tiny.score("수도는", TEXTS * 8)
    assert scores == tiny.score("수도는", TEXTS) * 8
    assert len(set(scores)) == 5
    assert tiny.score("수도는", TEXTS[3:4]) == scores[3:4]
    assert tiny.score("서울", TEXTS) != scores[:5]
    assert tiny.score("수도는", []) == []


def test_the_best_document_comes_first(tiny):
    found = tiny.compress_documents([Document(text) for text in TEXTS], "수도는")
    scores = [document.metadata["relevance_score"] for document in found]
    assert scores == sorted(tiny.score("수도는", TEXTS), reverse=True)


def test_a_long_text_is_cut_and_the_question_kept_whole(tiny):
    query = "the capital is"  # 3 tokens, and 4 around: 41 of 48 remain, one of them the space
    long, same, other = tiny.score(query, ["z" * 20_000, "z" * 40, "z" * 39])
    assert long == same != other


def test_a_question_that_leaves_no_room_is_refused(tiny):
    with pytest.raises(UsageError, match="window holds 48 tokens"):
        tiny.score("z" * 44, ["a"])
    assert len(tiny.score("z" * 42, ["서울", "z" * 99])) == 2


def test_threads_may_ask_at_once(tiny):
    with ThreadPoolExecutor(5) as pool:
        found = list(pool.map(lambda text: tiny.score(text, TEXTS), ["서울", "수도", "is", "the", "a"] * 3))
    assert found == [tiny.score(text, TEXTS) for text in ["서울", "수도", "is", "the", "a"]] * 3


def test_an_embedder_is_refused_with_what_to_do(gguf_files, tmp_path):
    path = gguf_files.write_encoder(tmp_path / "tiny.gguf")
    with pytest.raises(UsageError, match="is no reranker") as caught:
        open_llama_cpp(str(path), store=ModelStore(tmp_path))
    assert "open_embeddings" in caught.value.hint


def test_older_files_say_nothing_and_have_the_layer(gguf_files, tmp_path, tiny):
    path = gguf_files.write_encoder(tmp_path / "old.gguf", pooling=None, head=True)
    with open_llama_cpp(str(path), store=ModelStore(tmp_path), threads=1) as old:
        assert old.score("수도는", TEXTS) == tiny.score("수도는", TEXTS)


def test_a_template_takes_question_and_text_as_they_are(gguf_files, tmp_path):
    template = "<s> the {query} is {document}</s>"
    path = gguf_files.write_encoder(
        tmp_path / "asked.gguf", pooling=gguf.PoolingType.RANK, head=True, rerank_template=template
    )
    with open_llama_cpp(str(path), store=ModelStore(tmp_path), threads=1) as asked:
        plain, mark, gap, long = asked.score("수도", ["서울", "서울</s>서울", "{query}", "z" * 20_000])
        assert len({plain, mark, gap, long}) == 4
        assert asked.score("{document}", ["서울"]) != asked.score("서울", ["서울"])
        assert asked.score("수도", ["z" * 5_000]) == [long]


def test_a_file_that_is_cut_off_or_missing_is_told_so(rank_path, tmp_path):
    path = tmp_path / "cut.gguf"
    path.write_bytes(rank_path.read_bytes()[:5000])
    with pytest.raises(Damaged):
        open_llama_cpp(str(path), store=ModelStore(tmp_path))
    with pytest.raises(NotFound):
        open_llama_cpp(str(tmp_path / "none.gguf"), store=ModelStore(tmp_path))


def test_it_opens_by_spec(rank_path, tmp_path):
    settings = ondol.Settings(home=tmp_path, threads=1)
    with ondol.open_reranker(f"llama.cpp:{rank_path}", settings=settings) as reranker:
        assert len(reranker.score("서울", ["수도"])) == 1
    with pytest.raises(NotFound, match="No reranker runtime is called"):
        ondol.open_reranker("llama.cp:x", settings=settings)
