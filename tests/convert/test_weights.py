"""A model that people use: unpacked from its GGUF, converted back, and the same in both runtimes."""

import random

import pytest

from ondol.convert.model import write_gguf
from ondol.model_store.store import ModelStore
from ondol.models.hf.from_gguf import unpack_gguf
from ondol.models.hf.model import HuggingFace
from ondol.models.llama_cpp.model import LlamaCpp

QUESTIONS = ["Name the capital of France.", "What is 12 + 30?\n\nAnswer shortly.", "온돌은 무엇인가요?"]
PIECES = [
    "안녕",
    "한국",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\t",
    "é",
    "word",
    "1",
    "23",
    ",",
    "...",
    "'s",
    "日本",
    "😀",
    "½",
    "#",
]


@pytest.mark.weights
@pytest.mark.slow
def test_a_converted_model_says_what_the_folder_says(weights, tmp_path):
    folder = unpack_gguf(weights, store=ModelStore(tmp_path, offline=True))
    write_gguf(folder, tmp_path / "again.gguf")
    model = HuggingFace(path=folder, threads=2, dtype="float32", max_tokens=24, temperature=0)
    chance = random.Random(5)
    with LlamaCpp(path=tmp_path / "again.gguf", threads=2, kv_type="f32", max_tokens=24, temperature=0) as other:
        for _ in range(200):
            text = "".join(chance.choices(PIECES, k=6))
            assert other.get_token_ids(text) == model.get_token_ids(text)
        for question in QUESTIONS:
            said, reply = model.invoke(question), other.invoke(question)
            assert reply.text == said.text
            assert reply.usage_metadata["input_tokens"] == said.usage_metadata["input_tokens"]
        for text in (" Paris", " the", " a city"):
            told = model.logprob("The capital of France is", text)
            assert other.logprob("The capital of France is", text) == pytest.approx(told, abs=0.02)
