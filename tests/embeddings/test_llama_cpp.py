"""The real runtime on tiny random encoders (see gguf_files)."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import gguf
import numpy as np
import pytest
from langchain_tests.integration_tests import EmbeddingsIntegrationTests

from ondol.embeddings.llama_cpp import LlamaCppEmbeddings, open_llama_cpp
from ondol.errors import BackendError, Damaged, NotFound, UnusableInput, UsageError
from ondol.model_store.store import ModelStore

KOREAN = "대한민국의  수도는 서울특별시이다."


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return ModelStore(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def tiny(encoder_path, store):
    with open_llama_cpp(str(encoder_path), store=store, threads=1) as embeddings:
        yield embeddings


class TestLlamaCppKeepsLangChainsContract(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self):
        return LlamaCppEmbeddings

    @pytest.fixture
    def model(self, tiny):
        return tiny


def test_vectors_have_length_1_and_the_order_of_the_texts(tiny):
    texts = ["서울", "the capital", "", "대한민국", "\ud800", "x" * 20_000] * 7
    together = tiny.embed_array(texts, "passage")
    assert (together.shape, together.dtype) == ((42, 64), np.float32)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    alone = np.concatenate([tiny.embed_array([text], "passage") for text in texts])
    assert np.array_equal(together, alone)
    assert len({row.tobytes() for row in together}) == 6
    assert tiny.embed_array([], "passage").shape == (0, 64)


def test_a_long_text_is_cut_where_the_window_ends(tiny):
    assert tiny.max_tokens == 46
    cut, same, other = tiny.embed_array(["z" * 20_000, "z" * 45, "z" * 44], "passage")  # and a token for the space
    assert np.array_equal(cut, same)
    assert not np.allclose(same, other)


def test_offsets_are_of_the_text_as_given_and_not_cut(tiny):
    pieces = ["대한민국", "의", "수도", "는", "서울", "특별시", "이다", "."]
    assert [KOREAN[a:b] for a, b in tiny.token_offsets(KOREAN)] == pieces
    long = f"{KOREAN} 뷁 \ud800 {KOREAN} " * 9
    spans = tiny.token_offsets(long)
    assert spans == sorted(spans)
    assert "".join(long[a:b].strip() for a, b in spans if long[a:b].strip() in pieces) == "".join(pieces) * 18
    assert tiny.count_tokens(long) > tiny.max_tokens
    assert tiny.token_offsets("") == []


def test_decomposed_text_is_the_same_text(tiny):
    assert tiny.embed_query("서울") == tiny.embed_query("\u1109\u1165\u110b\u116e\u11af")


def test_marks_in_a_text_are_letters(tiny):
    assert [a for a, _ in tiny.token_offsets("</s>")] == [0, 0, 1, 2, 3]
    assert tiny.embed_query("a</s>b") != tiny.embed_query("ab")


def test_threads_may_ask_at_once(tiny):
    texts = ["서울", "the capital", "수도", "is", KOREAN]
    with ThreadPoolExecutor(5) as pool:
        found = list(pool.map(lambda text: tiny.embed_query(text), texts * 4))
    assert found == [tiny.embed_query(text) for text in texts] * 4


def test_pooling_is_what_the_file_says_and_else_mean(gguf_files, tmp_path, store):
    vectors = {}
    for pooling in (None, gguf.PoolingType.MEAN, gguf.PoolingType.CLS):
        path = gguf_files.write_encoder(tmp_path / f"{pooling}.gguf", pooling=pooling)
        with open_llama_cpp(str(path), store=store, threads=1) as embeddings:
            vectors[embeddings.fingerprint.pooling, pooling] = embeddings.embed_query(KOREAN)
    said, unsaid, cls = (
        vectors["mean", gguf.PoolingType.MEAN],
        vectors["mean", None],
        vectors["cls", gguf.PoolingType.CLS],
    )
    assert said == unsaid
    assert np.dot(said, cls) < 0.99


def test_the_fingerprint_names_weights_and_prefixes(gguf_files, tmp_path, store):
    path = gguf_files.write_encoder(tmp_path / "tiny-e5.gguf")
    with open_llama_cpp(str(path.parent), store=store, threads=1) as embeddings:
        found = embeddings.fingerprint
        assert embeddings.max_tokens == 46 - embeddings.count_tokens("passage:")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert (found.model, found.weights) == (f"llama.cpp:{path}", f"{sha256}/llama.cpp")
    assert (found.query_prefix, found.passage_prefix, found.dimension) == ("query: ", "passage: ", 64)
    gguf_files.write_encoder(path, seed=14)
    with open_llama_cpp(str(path), store=store, threads=1) as other:
        assert other.fingerprint != found


def test_a_chat_model_embeds_by_the_mean_of_its_tokens(gguf_files, tmp_path, store):
    path = gguf_files.write_causal(tmp_path / "chat.gguf")
    with open_llama_cpp(str(path), store=store, threads=1) as embeddings:
        assert (embeddings.fingerprint.pooling, embeddings.max_tokens) == ("mean", 64)
        [ab] = embeddings.embed_array(["ab"], "passage")
        assert sorted(np.flatnonzero(ab > 0.7)) == [ord("a"), ord("b")]  # a token is a direction, and blocks add none
        repeated = embeddings.embed_array(["abc", "ab", "", "가" * 5_000], "passage")  # the start is in the cache
        assert np.array_equal(repeated[1], ab)
        assert [("가나")[a:b] for a, b in embeddings.token_offsets("가나")] == ["가"] * 3 + ["나"] * 3


def test_a_reranker_is_refused_with_what_to_do(gguf_files, tmp_path, store):
    for number, pooling in enumerate((gguf.PoolingType.RANK, None)):
        path = gguf_files.write_encoder(tmp_path / f"{number}.gguf", pooling=pooling, head=True)
        with pytest.raises(UsageError, match="is a reranker: it makes no vectors") as caught:
            open_llama_cpp(str(path), store=store)
        assert "open_reranker" in caught.value.hint


def test_korean_in_wordpiece_is_refused_because_llama_cpp_loses_its_vowels(gguf_files, tmp_path, store):
    path = gguf_files.write_encoder(tmp_path / "ko.gguf", wordpiece=True)
    with pytest.raises(BackendError, match="takes Korean apart"):
        open_llama_cpp(str(path), store=store)


def test_english_wordpiece_has_offsets_of_the_text_as_written(gguf_files, tmp_path, store, monkeypatch):
    monkeypatch.setattr(gguf_files, "WORDPIECES", [word for word in gguf_files.WORDPIECES if word != "▁서울"])
    path = gguf_files.write_encoder(tmp_path / "en.gguf", wordpiece=True)
    text = "The CAPITAL  Seoully café zzz."
    with open_llama_cpp(str(path), store=store, threads=1) as embeddings:
        pieces = [text[a:b].strip() for a, b in embeddings.token_offsets(text)]
    assert pieces == ["The", "CAPITAL", "Seoul", "ly", "c", "a", "f", "é", "zzz", "."]


@pytest.mark.parametrize(("size", "error"), [(10, Damaged), (5000, Damaged), (0, UnusableInput)])
def test_a_file_that_is_cut_off_is_told_so(encoder_path, tmp_path, store, size, error):
    path = tmp_path / "cut.gguf"
    path.write_bytes(encoder_path.read_bytes()[:size])
    with pytest.raises(error):
        open_llama_cpp(str(path), store=store)


def test_what_is_not_there_is_not_found(tmp_path, store):
    with pytest.raises(NotFound):
        open_llama_cpp(str(tmp_path / "none.gguf"), store=store)
    with pytest.raises(UsageError, match="needs the name of a model"):
        open_llama_cpp("", store=store)


def test_a_closed_embedder_says_so(encoder_path, store):
    embeddings = open_llama_cpp(str(encoder_path), store=store, threads=1)
    embeddings.close()
    embeddings.close()
    with pytest.raises(UsageError, match="closed"):
        embeddings.embed_query("서울")


@pytest.mark.parametrize("rest", ["", "embeddings.close()", "del embeddings"], ids=["unused", "closed", "dropped"])
def test_a_process_ends_without_a_word(encoder_path, store, rest):
    program = (
        "import sys; from pathlib import Path; from ondol.embeddings.llama_cpp import open_llama_cpp\n"
        "from ondol.model_store.store import ModelStore\n"
        f"embeddings = open_llama_cpp(sys.argv[1], store=ModelStore(Path(sys.argv[2])), threads=1)\n{rest}\n"
    )
    command = [sys.executable, "-c", program, encoder_path, store.home]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout + done.stderr == ""
