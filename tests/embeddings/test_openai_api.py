"""The embeddings endpoint, scripted: vectors are counts of letters, twice as long as they should be."""

import numpy as np
import pytest

from ondol.embeddings.openai_api import open_openai
from ondol.errors import BackendError, Offline
from ondol.model_store.store import ModelStore
from tests.models.conftest import write_model
from tests.models.openai_api import openai_servers as servers


def embed(body):
    rows = [{"index": i, "embedding": [2.0 * len(text), 1.0, 0.5]} for i, text in enumerate(body["input"])]
    return {"data": rows[::-1]}


@pytest.fixture
def server():
    names = [{"id": "multilingual-e5-small"}, {"id": "bge-m3"}]
    with servers.scripted({"/v1/models": {"data": names}, "/v1/embeddings": embed}) as (url, script):
        yield url, script


def open_at(url, tmp_path, name="bge-m3"):
    return open_openai(f"{name}@{url}", store=ModelStore(tmp_path, offline=True))


def test_vectors_have_length_1_and_the_order_of_the_texts(server, tmp_path):
    embedder = open_at(server[0], tmp_path)
    texts = ["x" * n for n in range(1, 71)]
    matrix = embedder.embed_array(texts, "passage")
    assert matrix.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(matrix, axis=1), 1, atol=1e-6)
    assert (np.diff(matrix[:, 0]) > 0).all()
    assert [len(body["input"]) for body in server[1].bodies("/v1/embeddings")] == [1, 32, 32, 6]
    assert embedder.embed_array([], "query").shape == (0, 3)


def test_e5_gets_its_prefixes_and_others_none(server, tmp_path):
    for name, sent in (("multilingual-e5-small", "query: 온돌"), ("bge-m3", "온돌")):
        embedder = open_at(server[0], tmp_path, name)
        embedder.embed_query("온돌")
        assert server[1].bodies("/v1/embeddings")[-1]["input"] == [sent]
    assert embedder.fingerprint.dimension == 3
    assert embedder.fingerprint.model == f"openai:bge-m3#512@{server[0]}"


def test_the_length_stands_behind_the_name(server, tmp_path):
    assert open_at(server[0], tmp_path).max_tokens == 510
    assert open_at(server[0], tmp_path, "bge-m3#8192").max_tokens == 8190


def test_estimated_offsets_cover_the_text_and_count_korean_byte_by_byte(server, tmp_path):
    embedder, text = open_at(server[0], tmp_path), "온돌 is warm\ud83d."
    spans = embedder.token_offsets(text)
    assert {place for start, end in spans for place in range(start, end)} == set(range(len(text)))
    assert spans == sorted(spans)
    assert embedder.count_tokens("온돌") == 6


def test_exact_offsets_come_from_llama_server(tmp_path):
    from ondol.embeddings.openai_api import OpenAIEmbeddings
    from ondol.tokens.openai_address import read_url
    from ondol.tokens.openai_server import OpenAIConnection

    with servers.llama_server(write_model(tmp_path / "tiny.gguf")) as (url, _):
        connection = OpenAIConnection(read_url(url), offline=True)
        connection.recognise()
        embedder = OpenAIEmbeddings.__new__(OpenAIEmbeddings)
        embedder._server = connection
        spans = embedder.token_offsets("온돌 On")
        connection.close()
    assert spans == [(0, 1)] * 3 + [(1, 2)] * 3 + [(2, 3), (3, 5)]


@pytest.mark.parametrize("rows", [[], [{"index": 0, "embedding": [0.0, 0.0]}], [{"index": 0, "embedding": "odd"}]])
def test_what_is_no_vector_is_told(server, tmp_path, rows):
    server[1].answers["/v1/embeddings"] = {"data": rows}
    with pytest.raises(BackendError, match="answered with"):
        open_at(server[0], tmp_path)


def test_a_server_elsewhere_is_refused_offline(tmp_path):
    with pytest.raises(Offline):
        open_at("https://api.openai.com/v1", tmp_path)
