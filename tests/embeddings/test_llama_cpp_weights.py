"""multilingual-e5-small as GGUF on llama.cpp beside the same weights on ONNX Runtime."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from ondol.embeddings.llama_cpp import open_llama_cpp
from ondol.embeddings.onnx import open_onnx
from ondol.errors import NotFound
from ondol.model_store.store import ModelStore
from ondol.settings import default_home

MODEL = "multilingual-e5-small"
TEXTS = [
    "The capital of Korea is Seoul.",
    "대한민국의 수도는 서울특별시이다.",
    "1년 동안 80퍼센트 이상 출근한 근로자에게 15일의 유급휴가를 주어야 한다.",
    "Ondol is a floor heating system; the smoke of the kitchen fire warms the stones (구들장).",
    "김치는 배추를 소금에 절여 만든다. " * 60 + "끝",
]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    store = ModelStore(Path(os.environ.get("ONDOL_HOME") or default_home()))
    try:
        onnx, folder = open_onnx(MODEL, store=store), store.path(MODEL)
    except NotFound as error:
        pytest.skip(f"needs the default models: {error}")
    spec = importlib.util.spec_from_file_location("e5_gguf", Path(__file__).with_name("e5_gguf.py"))
    e5_gguf = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(e5_gguf)
    home = tmp_path_factory.mktemp("home")
    path = e5_gguf.convert(folder, home / f"{MODEL}.gguf")
    with open_llama_cpp(str(path), store=ModelStore(home)) as llama_cpp:
        yield llama_cpp, onnx
    path.unlink()


@pytest.mark.weights
def test_vectors_agree_with_the_onnx_embedder(both):
    llama_cpp, onnx = both
    for role in ("query", "passage"):
        cosines = (llama_cpp.embed_array(TEXTS, role) * onnx.embed_array(TEXTS, role)).sum(axis=1)
        assert min(cosines) >= 0.99, cosines


@pytest.mark.weights
def test_tokens_and_window_are_the_onnx_embedders(both):
    llama_cpp, onnx = both
    assert llama_cpp.max_tokens == onnx.max_tokens + 1  # llama.cpp drops the space that ends a bare prefix
    for text in TEXTS:
        assert llama_cpp.count_tokens(text) == onnx.count_tokens(text)
        pieces, expected = ([text[a:b].strip() for a, b in each.token_offsets(text)] for each in both)
        assert pieces == expected


@pytest.mark.weights
def test_a_korean_question_finds_its_passage(both):
    llama_cpp, _ = both
    query = llama_cpp.embed_array(["연차 휴가는 며칠인가요?"], "query")[0]
    near, far = llama_cpp.embed_array([TEXTS[2], "김치는 배추를 소금에 절여 만든다."], "passage") @ query
    assert near > far + 0.03
