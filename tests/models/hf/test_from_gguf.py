"""GGUF bases, on a model that people use."""

from pathlib import Path

import pytest

from ondol.model_store.store import ModelStore
from ondol.models.hf.model import open_hf
from ondol.models.llama_cpp.model import LlamaCpp

pytestmark = [pytest.mark.weights, pytest.mark.slow]


def test_a_gguf_is_unpacked_once_and_says_what_llama_cpp_says(weights, tmp_path):
    store, question = ModelStore(tmp_path, offline=True), "Name the capital of France."
    with open_hf(str(weights), store=store, threads=1, max_tokens=12) as model:
        (folder,) = (tmp_path / "models" / ".hf").iterdir()
        made = (folder / "model.safetensors").stat().st_mtime_ns
        said, known = model.invoke(question), model.logprob("The capital of France is", " Paris")
        korean = model.logprob("The word for it is", " 온돌")
        assert not model.is_base
    with open_hf(str(weights), store=store, threads=1, max_tokens=12) as again:
        assert again.invoke(question).text == said.text
    assert [path.name for path in (tmp_path / "models" / ".hf").iterdir()] == [Path(folder).name]
    assert (folder / "model.safetensors").stat().st_mtime_ns == made
    with LlamaCpp(path=weights, threads=1, max_tokens=12) as other:
        reply = other.invoke(question)
        assert (reply.text, reply.usage_metadata["input_tokens"]) == (said.text, said.usage_metadata["input_tokens"])
        assert other.logprob("The capital of France is", " Paris") == pytest.approx(known, abs=0.05)
        assert other.logprob("The word for it is", " 온돌") == pytest.approx(korean, rel=0.05)


def test_an_unpacked_model_cuts_text_as_its_gguf_says(weights, tmp_path):
    """Each digit is cut off first in SmolLM, so line ends between digits stay together; transformers forgets that."""
    texts = ["1\n\n2", "    2026년", "9  \n\n½ ", "café \r\n\n23", "한국 1   2", "don't  Stop\t\t7"]
    with open_hf(str(weights), store=ModelStore(tmp_path, offline=True), threads=1) as model:
        ids = [model.get_token_ids(text) for text in texts]
    with LlamaCpp(path=weights, threads=1) as other:
        assert [other.get_token_ids(text) for text in texts] == ids
