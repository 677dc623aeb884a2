"""Random cross-encoders of two layers, whose words are known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

WORDS = [
    "[PAD]",
    "[CLS]",
    "[SEP]",
    "[UNK]",
    "서울",
    "은",
    "수도",
    "seoul",
    "is",
    "the",
    "capital",
    "각하",
    *"0123456789",
]
HIDDEN, INNER, ROWS = 64, 128, 40


def write_cross_encoder(
    path: Path, *, kind: str = "bert", labels: int = 1, types: int | None = None, rows: int = ROWS, **config: Any
) -> Path:
    """A folder as sentence-transformers saves a cross-encoder; `config` changes its config.json."""
    path.mkdir(parents=True)
    types = types or (2 if kind == "bert" else 1)
    save_file(_tensors(kind, labels, types, rows), path / "model.safetensors", {"format": "pt"})
    name = {"bert": "Bert", "xlm-roberta": "XLMRoberta"}[kind]
    sizes = {
        "hidden_size": HIDDEN, "intermediate_size": INNER, "num_hidden_layers": 2, "num_attention_heads": 4,
        "max_position_embeddings": rows, "type_vocab_size": types, "vocab_size": len(WORDS), "layer_norm_eps": 1e-5,
        "hidden_act": "gelu", "pad_token_id": 0, "id2label": {str(n): f"LABEL_{n}" for n in range(labels)},
        "label2id": {f"LABEL_{n}": n for n in range(labels)},
    }  # fmt: skip
    written = {"model_type": kind, "architectures": [f"{name}ForSequenceClassification"], **sizes, **config}
    (path / "config.json").write_text(json.dumps(written))
    _write_tokenizer(path, pair="[CLS] $A [SEP] $B:1 [SEP]:1" if types > 1 else "[CLS] $A [SEP] [SEP] $B [SEP]")
    return path


def _tensors(kind: str, labels: int, types: int, rows: int) -> dict[str, Any]:
    random = np.random.default_rng(13)
    made: dict[str, Any] = {}

    def linear(name: str, width: int, height: int) -> None:
        made[f"{name}.weight"] = random.normal(scale=0.3, size=(height, width)).astype(np.float32)
        made[f"{name}.bias"] = random.normal(scale=0.3, size=height).astype(np.float32)

    def norm(name: str) -> None:
        made[f"{name}.weight"] = (1 + random.normal(scale=0.3, size=HIDDEN)).astype(np.float32)
        made[f"{name}.bias"] = random.normal(scale=0.3, size=HIDDEN).astype(np.float32)

    prefix = "bert." if kind == "bert" else "roberta."
    for table, count in (("word", len(WORDS)), ("position", rows), ("token_type", types)):
        made[f"{prefix}embeddings.{table}_embeddings.weight"] = random.normal(scale=0.3, size=(count, HIDDEN)).astype(
            "f"
        )
    norm(f"{prefix}embeddings.LayerNorm")
    for layer in (f"{prefix}encoder.layer.{n}." for n in range(2)):
        for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            linear(f"{layer}{part}", HIDDEN, HIDDEN)
        linear(f"{layer}intermediate.dense", HIDDEN, INNER)
        linear(f"{layer}output.dense", INNER, HIDDEN)
        norm(f"{layer}attention.output.LayerNorm")
        norm(f"{layer}output.LayerNorm")
    linear("bert.pooler.dense" if kind == "bert" else "classifier.dense", HIDDEN, HIDDEN)
    linear("classifier" if kind == "bert" else "classifier.out_proj", HIDDEN, labels)
    return made


def _write_tokenizer(path: Path, *, pair: str) -> None:
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(WORDS)}, "[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(WORDS[:4])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair=pair, special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    tokenizer.enable_truncation(5)
    tokenizer.enable_padding(length=9)
    tokenizer.save(str(path / "tokenizer.json"))
