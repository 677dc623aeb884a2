"""LangChain's own suites for embedders."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from langchain_core.embeddings import Embeddings
from langchain_tests.integration_tests import EmbeddingsIntegrationTests
from langchain_tests.unit_tests import EmbeddingsUnitTests

from ondol.embeddings.fake import FakeEmbeddings
from ondol.embeddings.onnx import OnnxEmbeddings, open_onnx
from ondol.errors import NotFound
from ondol.model_store.store import ModelStore
from ondol.settings import default_home

MODEL = "multilingual-e5-small"


@pytest.fixture(scope="module")
def e5() -> OnnxEmbeddings:
    try:
        return open_onnx(MODEL, store=ModelStore(Path(os.environ.get("ONDOL_HOME") or default_home())))
    except NotFound as error:
        pytest.skip(f"needs the default models: {error}")


class TestFakeUnit(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return FakeEmbeddings


class TestFake(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return FakeEmbeddings


@pytest.mark.weights
class TestOnnx(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return OnnxEmbeddings

    @pytest.fixture
    def model(self, e5: OnnxEmbeddings) -> Any:
        return e5


@pytest.mark.weights
def test_a_korean_paraphrase_is_nearer_than_another_topic(e5):
    query = e5.embed_array(["연차 휴가는 며칠인가요?"], "query")[0]
    passages = e5.embed_array(
        ["1년 동안 80퍼센트 이상 출근한 근로자는 15일의 유급휴가를 받는다.", "김치는 배추를 소금에 절여 만든다."],
        "passage",
    )
    near, far = passages @ query
    assert near > far + 0.03


@pytest.mark.weights
def test_a_question_finds_its_passage_in_the_other_language(e5):
    query = e5.embed_array(["What is the capital of Korea?"], "query")[0]
    near, far = e5.embed_array(["한국의 수도는 서울이다.", "나는 사과를 좋아한다."], "passage") @ query
    assert near > far + 0.03


@pytest.mark.weights
def test_the_default_model_takes_512_tokens_and_offsets_hold_for_korean(e5):
    assert e5.max_tokens == 507
    text = "대한민국의  수도는 서울특별시이다."
    pieces = [text[a:b].strip() for a, b in e5.token_offsets(text)]
    assert "".join(pieces) == text.replace(" ", "")
    assert e5.embed_query("") != e5.embed_query("온돌")
