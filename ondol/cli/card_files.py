"""What a card tells of files on this machine, from their headers."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any


def list_files(path: Path) -> list[dict[str, Any]]:
    """Names and bytes of a file and its parts, or of a folder; sums are left out (1 s per GB)."""
    from ondol.gguf.file import list_parts

    found = sorted(path.iterdir()) if path.is_dir() else list_parts(path)
    return [{"name": file.name, "bytes": file.stat().st_size, "sha256": ""} for file in found if file.is_file()]


def describe_files(path: Path) -> dict[str, Any]:
    """Kind, licence, window, parameters and template of a GGUF file, a folder with one, or a transformers folder.

    Raises:
        UnusableInput, Damaged: there is none of these, or it is not whole.
    """
    from ondol.errors import UnusableInput

    if path.is_file():
        return _describe_gguf(path)
    if (path / "config.json").is_file():
        return _describe_folder(path)
    ggufs = sorted(path.rglob("*.gguf"))
    if ggufs:
        return _describe_gguf(ggufs[0])
    raise UnusableInput(
        "{path} holds no model: neither a .gguf file nor a config.json is there.",
        hint="Name a model's folder, a .gguf file, or a name from: ondol models list", path=path,
    )  # fmt: skip


def _describe_gguf(path: Path) -> dict[str, Any]:
    from ondol.gguf.file import read_gguf, read_gguf_header

    about, header = read_gguf(path), read_gguf_header(path)
    rows = header.metadata
    kind = "adapter" if rows.get("general.type") == "adapter" else "chat"
    return {
        "kind": "embeddings" if rows.get(f"{about.architecture}.attention.causal") is False else kind,
        "license": str(rows.get("general.license", "")),
        "context": about.context,
        "parameters": sum(prod(tensor.shape) for tensor in header.tensors),
        "chat_template": bool(about.chat_template),
    }


def _describe_folder(folder: Path) -> dict[str, Any]:
    from ondol.fit.config_json import ENCODERS
    from ondol.model_store.json_file import read_object
    from ondol.model_store.safetensors_file import check_weights, read_safetensors_header

    check_weights(folder)
    config = read_object(folder / "config.json")
    context = config.get("max_position_embeddings")
    own = folder / "tokenizer_config.json"
    tensors = [tensor for file in sorted(folder.glob("*.safetensors")) for tensor in read_safetensors_header(file)]
    template = (folder / "chat_template.jinja").is_file() or (own.is_file() and "chat_template" in read_object(own))
    return {
        "kind": "embeddings" if str(config.get("model_type")) in ENCODERS else "chat",
        "context": context if isinstance(context, int) else 0,
        "parameters": sum(prod(tensor.shape) for tensor in tensors),
        "chat_template": template,
    }
