"""A random encoder of two layers in a sentence-transformers folder, made of syllables and letters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors

from ondol.finetune.config import FinetuneConfig
from ondol.finetune.data import DataSource
from ondol.model_store.store import ModelStore

LETTERS = [
    *"abcdefghijklmnopqrstuvwxyz0123456789:?.,",
    *"서울부산은는이가의수도어디인요대한민국강산바다빛색파란초록김치밥국맛매운단",
]
HIDDEN, INNER, POSITIONS = 32, 64, 64


def write_encoder(path: Path, *, seed: int = 13) -> Path:
    """The folder, with E5's prefixes and words of one letter each."""
    words = list(dict.fromkeys(["[PAD]", "[CLS]", "[SEP]", "[UNK]", "query", "passage", *LETTERS]))
    (path / "1_Pooling").mkdir(parents=True)
    save_file(_tensors(np.random.default_rng(seed), len(words)), path / "model.safetensors")
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex("query|passage|."), "isolated"),
    ])  # fmt: skip
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    tokenizer.save(str(path / "tokenizer.json"))
    files: dict[str, Any] = {
        "config.json": {
            "model_type": "bert", "architectures": ["BertModel"], "hidden_act": "gelu", "hidden_size": HIDDEN,
            "intermediate_size": INNER, "num_hidden_layers": 2, "num_attention_heads": 4, "layer_norm_eps": 1e-5,
            "max_position_embeddings": POSITIONS, "type_vocab_size": 2, "vocab_size": len(words), "pad_token_id": 0,
            "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0,
        },
        "modules.json": [{"path": "", "type": "st.Transformer"}, {"path": "1_Pooling", "type": "st.Pooling"}],
        "1_Pooling/config.json": {"pooling_mode_mean_tokens": True, "word_embedding_dimension": HIDDEN},
        "config_sentence_transformers.json": {"prompts": {"query": "query: ", "passage": "passage: "}},
    }  # fmt: skip
    for name, content in files.items():
        (path / name).write_text(json.dumps(content))
    return path


def _tensors(random: np.random.Generator, words: int) -> dict[str, Any]:
    def normal(*shape: int) -> Any:
        return random.normal(scale=0.15, size=shape).astype(np.float32)

    sizes = {"word": words, "position": POSITIONS, "token_type": 2}
    made = {f"embeddings.{name}_embeddings.weight": normal(size, HIDDEN) for name, size in sizes.items()}
    norms = ["embeddings.LayerNorm"]
    for layer in ("encoder.layer.0.", "encoder.layer.1."):
        norms += [f"{layer}attention.output.LayerNorm", f"{layer}output.LayerNorm"]
        shapes = {f"attention.self.{part}": (HIDDEN, HIDDEN) for part in ("query", "key", "value")}
        shapes |= {"attention.output.dense": (HIDDEN, HIDDEN), "intermediate.dense": (INNER, HIDDEN)}
        for name, shape in {**shapes, "output.dense": (HIDDEN, INNER)}.items():
            made |= {f"{layer}{name}.weight": normal(*shape), f"{layer}{name}.bias": normal(shape[0])}
    for norm in norms:
        made |= {f"{norm}.weight": 1 + normal(HIDDEN), f"{norm}.bias": normal(HIDDEN)}
    return made


class Heard:
    """Progress that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def begin(self, label: str, total: int | None, unit: str) -> None:
        pass

    def advance(self, amount: int) -> None:
        pass

    def note(self, line: str) -> None:
        self.lines.append(line)

    def end(self) -> None:
        pass


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def store(tmp_path):
    return ModelStore(tmp_path / "home")


@pytest.fixture
def encoder(tmp_path):
    return write_encoder(tmp_path / "tiny-encoder")


@pytest.fixture
def write_rows(tmp_path):
    """A JSONL file of rows."""

    def write(name, rows):
        path = tmp_path / name
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        return path

    return write


@pytest.fixture
def configured(encoder):
    """A small run over a file; whatever is given replaces its part."""

    def make(data, kind, **values):
        run = {"name": "small", "base": f"onnx:{encoder}", "data": (DataSource(path=data),), "kind": kind,
               "epochs": 4, "batch": 8, "threads": 1, "device": "cpu", "method": "full", "rate": 1e-2, "evaluations": 2,
               "valid_share": 0.25, "patience": 0}  # fmt: skip
        return FinetuneConfig(**{**run, **values})

    return make
