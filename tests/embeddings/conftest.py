"""A random encoder of the BERT family, small enough to compute by hand."""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors

WORDS = [
    "[PAD]",
    "[CLS]",
    "[SEP]",
    "[UNK]",
    "query",
    ":",
    "passage",
    "서울",
    "은",
    "수도",
    "seoul",
    "is",
    "the",
    "capital",
]
HIDDEN, INNER, POSITIONS = 64, 128, 12
MakeFolder = Callable[..., Path]


def tensors(seed: int = 13, *, positions: int = POSITIONS) -> dict[str, Any]:
    random = np.random.default_rng(seed)

    def normal(*shape: int) -> Any:
        return random.normal(scale=0.3, size=shape).astype(np.float32)

    made = {
        "embeddings.word_embeddings.weight": normal(len(WORDS), HIDDEN),
        "embeddings.position_embeddings.weight": normal(positions, HIDDEN),
        "embeddings.token_type_embeddings.weight": normal(2, HIDDEN),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in (f"encoder.layer.{n}." for n in range(2)):
        for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            made |= {f"{layer}{part}.weight": normal(HIDDEN, HIDDEN), f"{layer}{part}.bias": normal(HIDDEN)}
        made |= {
            f"{layer}intermediate.dense.weight": normal(INNER, HIDDEN),
            f"{layer}intermediate.dense.bias": normal(INNER),
        }
        made |= {f"{layer}output.dense.weight": normal(HIDDEN, INNER), f"{layer}output.dense.bias": normal(HIDDEN)}
        norms += [f"{layer}attention.output.LayerNorm", f"{layer}output.LayerNorm"]
    for norm in norms:
        made |= {f"{norm}.weight": 1 + normal(HIDDEN), f"{norm}.bias": normal(HIDDEN)}
    return made


def forward(
    tensors: Mapping[str, Any], ids: list[int], *, layers: int, heads: int, cls: bool = False, first: int = 0
) -> Any:
    """The encoder in plain numpy and fp64: (S,) ids → vector of length 1."""

    def linear(values: Any, name: str) -> Any:
        return values @ tensors[f"{name}.weight"].T.astype(np.float64) + tensors[f"{name}.bias"]

    def norm(values: Any, name: str) -> Any:
        centred = values - values.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
        return scaled * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]

    words = tensors["embeddings.word_embeddings.weight"][ids].astype(np.float64)
    places = tensors["embeddings.position_embeddings.weight"][first : first + len(ids)]
    hidden = norm(words + places + tensors["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    size = hidden.shape[1] // heads
    for layer in (f"encoder.layer.{n}." for n in range(layers)):
        parts = (linear(hidden, f"{layer}attention.self.{part}") for part in ("query", "key", "value"))
        query, key, value = (part.reshape(len(ids), heads, size).swapaxes(0, 1) for part in parts)
        scores = np.exp(query @ key.swapaxes(1, 2) / math.sqrt(size))
        mixed = (scores / scores.sum(-1, keepdims=True) @ value).swapaxes(0, 1).reshape(len(ids), -1)
        hidden = norm(linear(mixed, f"{layer}attention.output.dense") + hidden, f"{layer}attention.output.LayerNorm")
        wide = linear(hidden, f"{layer}intermediate.dense")
        wide = wide * 0.5 * (1 + np.vectorize(math.erf)(wide / math.sqrt(2)))
        hidden = norm(linear(wide, f"{layer}output.dense") + hidden, f"{layer}output.LayerNorm")
    pooled = hidden[0] if cls else hidden.mean(0)
    return pooled / np.linalg.norm(pooled)


@pytest.fixture
def expected() -> Callable[..., Any]:
    """The vector of a list of words by the plain computation; the words stand for themselves, special ones too."""

    def compute(words: list[str], *, cls: bool = False, first: int = 0, rows: int = POSITIONS) -> Any:
        ids = [WORDS.index(word) for word in words]
        return forward(tensors(positions=rows), ids, layers=2, heads=4, cls=cls, first=first)

    return compute


@pytest.fixture
def make_folder(tmp_path: Path) -> MakeFolder:
    """Write a sentence-transformers folder; keywords change its config.json."""

    def make(
        name: str = "tiny-bert", *, pooling: str = "mean_tokens", prefix: str = "", rows: int = POSITIONS, **config: Any
    ) -> Path:
        path = tmp_path / name
        (path / "1_Pooling").mkdir(parents=True)
        weights = {f"{prefix}{key}": value for key, value in tensors(positions=rows).items()}
        save_file(weights, path / "model.safetensors")
        tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(WORDS)}, "[UNK]"))
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
        tokenizer.enable_truncation(5)
        tokenizer.enable_padding(length=9)
        tokenizer.save(str(path / "tokenizer.json"))
        sizes = {"hidden_size": HIDDEN, "num_hidden_layers": 2, "num_attention_heads": 4, "layer_norm_eps": 1e-5}
        written = {"model_type": "bert", "hidden_act": "gelu", "max_position_embeddings": rows, **sizes, **config}
        modules = [{"path": "", "type": "st.models.Transformer"}, {"path": "1_Pooling", "type": "st.models.Pooling"}]
        prompts = {"prompts": {"query": "query: ", "passage": "passage: "}}
        files = {
            "config.json": written,
            "modules.json": modules,
            "1_Pooling/config.json": {f"pooling_mode_{pooling}": True, "word_embedding_dimension": HIDDEN},
            "config_sentence_transformers.json": prompts,
        }
        for file, content in files.items():
            (path / file).write_text(json.dumps(content))
        return path

    return make


@pytest.fixture(scope="session")
def gguf_files():
    """The functions that write tiny GGUF encoders."""
    spec = importlib.util.spec_from_file_location("gguf_files", Path(__file__).with_name("gguf_files.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def encoder_path(gguf_files, tmp_path_factory) -> Path:
    return gguf_files.write_encoder(tmp_path_factory.mktemp("gguf") / "tiny.gguf")
