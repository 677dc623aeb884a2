"""How a file is opened: its window, and what cannot be."""

import pytest
from langchain_core.exceptions import ContextOverflowError

from ondol.errors import UsageError
from ondol.model_store.store import ModelStore
from ondol.models.llama_cpp.model import LlamaCpp, open_llama_cpp


def test_too_long_a_prompt_is_told_with_numbers(tiny):
    with pytest.raises(
        ContextOverflowError, match=r"The prompt has \d{4} tokens and the model's window holds 1024"
    ) as told:
        tiny.invoke("long " * 1000)
    assert isinstance(told.value, UsageError)
    assert told.value.hint.startswith("Give it fewer or shorter texts")
    assert tiny.invoke("short").text


def test_an_answer_ends_where_the_window_ends(endless):
    reply = endless.invoke("x" * 900, max_tokens=1000)
    assert reply.response_metadata["finish_reason"] == "length"
    assert 900 < reply.usage_metadata["total_tokens"] <= 1024


def test_the_window_is_the_one_that_was_asked_for(make_model):
    """llama.cpp rounds it up to 256 tokens."""
    with LlamaCpp(path=make_model(endless=True), threads=1, context=64) as model:
        reply = model.invoke("x")
        assert reply.response_metadata["finish_reason"] == "length"
        assert reply.usage_metadata["total_tokens"] == 64
        assert model.complete("x").usage_metadata["total_tokens"] == 64
        with pytest.raises(ContextOverflowError, match="the model's window holds 64"):
            model.invoke("x" * 64)


@pytest.mark.parametrize(
    "wrong",
    [
        {"context": 4096},
        {"dtype": "float16"},
        {"kv_type": "q9"},
        {"parallel": 0},
        {"device": "cuda"},
        {"parallel": "two"},
        {"gpu_layers": "all"},
        {"threads": "many"},
        {"context": "long"},
        {"kv_type": 8},
        {"flash_attention": True},
        {"adapters": "x"},
        {"device": ["cpu"]},
    ],
)
def test_options_that_cannot_be_are_refused(tmp_path, tiny_path, wrong):
    with pytest.raises(UsageError):
        open_llama_cpp(str(tiny_path), store=ModelStore(tmp_path), **{"threads": 1, **wrong})
