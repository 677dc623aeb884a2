"""config.json of a model, and what stands for it when only a GGUF of the base is here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ondol.convert.architectures import ARCHITECTURES, Architecture
from ondol.errors import NotFound, UnusableInput
from ondol.gguf.file import read_gguf_header
from ondol.model_store.json_file import read_object

DEFAULT_THETA = 10_000.0


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file that a whole model has.

    Raises:
        NotFound: there is no such file.
        UnusableInput, Damaged: as `read_object`.
    """
    if not path.is_file():
        raise NotFound("{path} is missing.", hint="Name the folder of a whole transformers model.", path=path)
    return read_object(path)


def read_config(folder: Path) -> dict[str, Any]:
    """The config.json in `folder`.

    Raises:
        NotFound, Damaged: as `read_json`.
        UnusableInput: its weights are quantised.
    """
    config = read_json(folder / "config.json")
    if config.get("quantization_config"):
        raise UnusableInput(
            "The weights in {folder} are quantised already.", hint="Convert the model they were made from.",
            folder=folder,
        )  # fmt: skip
    return config


def read_base_config(base: Path) -> dict[str, Any]:
    """What an adapter needs to know of its base: a transformers folder or a GGUF file.

    Raises:
        NotFound, UnusableInput, Damaged: there is none, or it cannot be read.
    """
    if base.is_dir():
        return read_json(base / "config.json")
    rows = read_gguf_header(base).metadata
    name = str(rows.get("general.architecture", ""))
    kind = next((kind for kind, known in ARCHITECTURES.items() if known.name == name), name)
    return {
        "model_type": kind,
        "num_hidden_layers": rows.get(f"{name}.block_count", 0),
        "num_attention_heads": rows.get(f"{name}.attention.head_count", 0),
        "num_key_value_heads": rows.get(f"{name}.attention.head_count_kv", rows.get(f"{name}.attention.head_count", 0)),
    }


def heads(config: dict[str, Any]) -> tuple[int, int]:
    """Heads of the queries, and of keys and values."""
    queries = int(need(config, "num_attention_heads"))
    return queries, int(config.get("num_key_value_heads") or queries)


def head_size(config: dict[str, Any]) -> int:
    return int(config.get("head_dim") or need(config, "hidden_size") // heads(config)[0])


def need(config: dict[str, Any], name: str) -> Any:
    """A value that must be there.

    Raises:
        UnusableInput: it is not.
    """
    if config.get(name) is None:
        raise UnusableInput("config.json lacks {name}.", hint="Fetch the model again.", name=name)
    return config[name]


def read_rope(config: dict[str, Any], layers: str = "full_attention") -> dict[str, Any]:
    """Rotary embedding, however this version of transformers wrote it: always with `rope_theta` and `rope_type`."""
    rows = config.get("rope_parameters") or {}
    rows = rows.get(layers, rows) or {}
    rope = {**(config.get("rope_scaling") or {}), **rows}
    local = layers == "sliding_attention" and not rows
    theta = config.get("rope_local_base_freq") if local else config.get("rope_theta")
    rope.setdefault("rope_theta", theta or DEFAULT_THETA)
    rope.setdefault("rope_type", rope.get("type", "default"))
    rope.setdefault("partial_rotary_factor", config.get("partial_rotary_factor") or 1.0)
    return rope


def is_tied(config: dict[str, Any], architecture: Architecture) -> bool:
    return bool(config.get("tie_word_embeddings", architecture.tied))
