"""What a sentence-transformers folder of the BERT family says about itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ondol.errors import BackendError, NotFound

FAMILY = ("bert", "roberta", "xlm-roberta")
ACTIVATIONS = {"gelu": "none", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh"}
"""Names in config.json → the `approximate` attribute of ONNX's Gelu."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BertFolder:
    """Sizes, pooling and prefixes of one encoder."""

    path: Path
    hidden: int
    layers: int
    heads: int
    epsilon: float
    gelu: str
    first_position: int
    """Row of the position table that the first token takes: 0, or for RoBERTa the one after the padding's."""
    max_length: int
    """Tokens the encoder takes at most, special ones included."""
    pooling: Literal["mean", "cls"]
    query_prefix: str
    passage_prefix: str

    @property
    def weights(self) -> Path:
        return self.path / "model.safetensors"

    @property
    def tokenizer(self) -> Path:
        return self.path / "tokenizer.json"


def read_bert_folder(path: Path) -> BertFolder:
    """Read the JSON files of a folder.

    Raises:
        NotFound: config.json, tokenizer.json or model.safetensors is missing.
        BackendError: the model is not one that `onnx_graph` can build.
    """
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        if not (path / name).is_file():
            raise NotFound(
                "{path} is not an embedding model: {name} is missing.",
                hint="It needs config.json, tokenizer.json and model.safetensors, as sentence-transformers saves them.",
                path=path,
                name=name,
            )
    config, prompts = (
        _json(path / "config.json"),
        _json(path / "config_sentence_transformers.json").get("prompts") or {},
    )
    kind, activation = config.get("model_type"), config.get("hidden_act", "gelu")
    _require(kind in FAMILY, path, f"model_type is {kind}, not one of {', '.join(FAMILY)}")
    _require(activation in ACTIVATIONS, path, f"hidden_act is {activation}")
    _require(config.get("position_embedding_type", "absolute") == "absolute", path, "positions are not absolute")
    first = 0 if kind == "bert" else config.get("pad_token_id", 1) + 1
    rows = config["max_position_embeddings"] - first
    return BertFolder(
        path=path,
        hidden=config["hidden_size"],
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        epsilon=config.get("layer_norm_eps", 1e-12),
        gelu=ACTIVATIONS[activation],
        first_position=first,
        max_length=min(_json(path / "sentence_bert_config.json").get("max_seq_length") or rows, rows),
        pooling=_pooling(path),
        query_prefix=prompts.get("query", ""),
        passage_prefix=prompts.get("passage") or prompts.get("document") or "",
    )


def _pooling(path: Path) -> Literal["mean", "cls"]:
    """Mean where the folder does not say, as sentence-transformers does."""
    modules = _json(path / "modules.json") or []
    kinds = [str(row["type"]).rsplit(".", 1)[-1] for row in modules]
    _require(not set(kinds) - {"Transformer", "Pooling", "Normalize"}, path, f"its modules are {', '.join(kinds)}")
    place = next((row["path"] for row, kind in zip(modules, kinds, strict=True) if kind == "Pooling"), "1_Pooling")
    config = _json(path / place / "config.json")
    modes = [
        name.removeprefix("pooling_mode_") for name, on in config.items() if on is True and "pooling_mode_" in name
    ]
    mode = str(config.get("pooling_mode") or "+".join(modes) or "mean").replace("mean_tokens", "mean")
    mode = mode.replace("cls_token", "cls")
    _require(mode in ("mean", "cls"), path, f"its pooling is {mode}")
    return "cls" if mode == "cls" else "mean"


def _require(holds: bool, path: Path, reason: str) -> None:
    if not holds:
        raise BackendError(
            "ondol cannot run the embedding model in {path}: {reason}.",
            hint="Encoders of the BERT family with mean or cls pooling can be run.",
            path=path,
            reason=reason,
        )


def _json(path: Path) -> Any:
    """The file's content, or nothing when there is no such file."""
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValueError as error:
        raise BackendError("{path} is not JSON: {reason}", path=path, reason=error) from error
