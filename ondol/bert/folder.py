"""What a Hugging Face folder of the BERT family says about its encoder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ondol.errors import BackendError

FAMILY = ("bert", "roberta", "xlm-roberta")
ACTIVATIONS = {"gelu": "none", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh"}
"""Names in config.json → the `approximate` attribute of ONNX's Gelu."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bert:
    """Sizes of one encoder."""

    hidden: int
    layers: int
    heads: int
    epsilon: float
    gelu: str
    first_position: int
    """Row of the position table that the first token takes: 0, or for RoBERTa the one after the padding's."""
    max_length: int
    """Tokens the encoder takes at most, special ones included."""
    types: int
    """Rows of the token type table."""


def read_bert(path: Path) -> tuple[Bert | None, str]:
    """The encoder that config.json describes, or the reason why `bert.graph` cannot build it."""
    config = read_json(path / "config.json")
    kind, activation = config.get("model_type"), config.get("hidden_act", "gelu")
    if kind not in FAMILY:
        return None, f"model_type is {kind}, not one of {', '.join(FAMILY)}"
    if activation not in ACTIVATIONS:
        return None, f"hidden_act is {activation}"
    if config.get("position_embedding_type", "absolute") != "absolute":
        return None, "positions are not absolute"
    first = 0 if kind == "bert" else config.get("pad_token_id", 1) + 1
    rows = config["max_position_embeddings"] - first
    bert = Bert(
        hidden=config["hidden_size"],
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        epsilon=config.get("layer_norm_eps", 1e-12),
        gelu=ACTIVATIONS[activation],
        first_position=first,
        max_length=min(read_json(path / "sentence_bert_config.json").get("max_seq_length") or rows, rows),
        types=config.get("type_vocab_size", 2 if kind == "bert" else 1),
    )
    return bert, ""


def read_json(path: Path) -> Any:
    """The file's content, or nothing when there is no such file."""
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValueError as error:
        raise BackendError("{path} is not JSON: {reason}", path=path, reason=error) from error
