"""A GGUF header → `ModelShape`."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

from ondol.errors import UnusableInput
from ondol.fit.config_json import EVERY_NTH_IS_FULL, WRONG, refuse_encoder
from ondol.fit.shape import ModelShape
from ondol.gguf.file import read_gguf_header

# `general.file_type` → the mix the file was written as. Source: LlamaFileType of gguf-py
FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 38: "MXFP4",
}  # fmt: skip


def read_gguf_shape(path: Path, *, name: str = "") -> ModelShape:
    """The shape, and the real bytes of the tensors.

    Raises:
        NotFound, UnusableInput, Damaged: as `read_gguf`, or it holds no language model (an adapter, an image encoder).
    """
    header = read_gguf_header(path)
    rows = dict(header.metadata)
    kind = str(rows.get("general.architecture", ""))
    own = {key.removeprefix(f"{kind}."): value for key, value in rows.items() if key.startswith(f"{kind}.")}
    sizes = {tensor.name: tuple(tensor.shape) for tensor in header.tensors}
    table = sizes.get("token_embd.weight")
    if table is None or not own.get("block_count"):
        raise UnusableInput(
            "{path} holds no language model (architecture '{kind}').",
            hint="Name a chat model in GGUF format.", path=path, kind=kind,
        )  # fmt: skip
    if own.get("attention.causal") is False:
        raise refuse_encoder(name or path.stem)
    tensors = header.tensors
    try:
        return ModelShape(
            **_describe(own, kind, int(own["block_count"])),
            name=name or path.stem,
            architecture=kind,
            vocab=max(table),
            tied="output.weight" not in sizes,
            stated_parameters=sum(prod(tensor.shape) for tensor in tensors),
            weight_bytes=sum(tensor.bytes for tensor in tensors),
            quant=FILE_TYPES.get(rows.get("general.file_type", -1), ""),
        )
    except WRONG as error:
        raise UnusableInput(
            "{path} has no header that describes a language model: {reason}",
            hint="Fetch it again, or take the model from another repository.",
            path=path, reason=f"{type(error).__name__} {error}",
        ) from error  # fmt: skip


def _describe(own: dict[str, Any], kind: str, layers: int) -> dict[str, Any]:
    hidden, heads = int(own["embedding_length"]), _mean(own["attention.head_count"])
    latent = int(own.get("attention.kv_lora_rank", 0))
    key = int(own.get("attention.key_length_mla" if latent else "attention.key_length") or hidden // heads)
    value = int(own.get("attention.value_length_mla" if latent else "attention.value_length") or key)
    window = int(own.get("attention.sliding_window", 0))
    experts = int(own.get("expert_count", 0))
    return {
        "layers": layers,
        "hidden": hidden,
        "heads": heads,
        "kv_heads": _mean(own.get("attention.head_count_kv", heads)),
        "head_dim": key,
        "v_dim": value if value != key else 0,
        "ff": _mean(own.get("feed_forward_length", 0)),
        "context": int(own.get("context_length", 0)),
        "window": window,
        "window_layers": _window_layers(own, kind, layers) if window else 0,
        "kv_rank": latent,
        "rope_dim": int(own.get("rope.dimension_count", 0)) if latent else 0,
        "q_rank": int(own.get("attention.q_lora_rank", 0)),
        "experts": experts,
        "active_experts": int(own.get("expert_used_count", 0)),
        "shared_experts": int(own.get("expert_shared_count", 0)),
        "expert_ff": int(own.get("expert_feed_forward_length", 0) or (own["feed_forward_length"] if experts else 0)),
        "dense_layers": int(own.get("leading_dense_block_count", 0)),
    }


def _window_layers(own: dict[str, Any], kind: str, layers: int) -> int:
    pattern = own.get("attention.sliding_window_pattern")
    if isinstance(pattern, Sequence):
        return sum(map(bool, pattern))
    nth = int(pattern or EVERY_NTH_IS_FULL.get(kind.replace("-", "_"), 0))
    return layers - layers // nth if nth else layers


def _mean(value: Any) -> int:
    """Some architectures tell a number per layer."""
    return round(sum(value) / len(value)) if isinstance(value, Sequence) else int(value)
