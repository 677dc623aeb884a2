"""A Hugging Face `config.json` → `ModelShape`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ondol.errors import UnusableInput
from ondol.fit.shape import ModelShape

# What Gemma 3's multimodal files leave to the code of transformers. Source: configuration_gemma3.py
GEMMA3 = {
    "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "vocab_size": 262_208,
    "max_position_embeddings": 131_072, "sliding_window": 4096, "sliding_window_pattern": 6,
}  # fmt: skip
EVERY_NTH_IS_FULL = {"gemma2": 2, "gemma3": 6, "gemma3_text": 6, "gpt_oss": 2}
NUMBERS = {"F64": 8, "F32": 4, "BF16": 2, "F16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "I8": 1, "U8": 1, "I64": 8, "I32": 4}
"""Bytes of a safetensors number."""
ENCODERS = frozenset({
    "albert", "bert", "camembert", "deberta", "deberta-v2", "distilbert", "electra", "eurobert", "modernbert", "mpnet",
    "new", "nomic_bert", "roberta", "xlm-roberta",
})  # fmt: skip
WRONG = (KeyError, TypeError, ValueError, AttributeError, OverflowError, ZeroDivisionError)
"""What reading numbers out of a foreign table may raise."""


def read_config(config: Mapping[str, Any], *, name: str = "", **known: Any) -> ModelShape:
    """The shape that `config` describes; a multimodal model counts as its language part.

    Args:
        known: fields of `ModelShape` that the caller has counted (`stated_parameters`, `weight_bytes`, `quant`).

    Raises:
        UnusableInput: it describes no decoder, or one without the numbers that are needed.
    """
    try:
        row: dict[str, Any] = {**config, **(config.get("text_config") or {})}
        kind = str(row.get("model_type", ""))
        if kind in ENCODERS:
            raise refuse_encoder(name)
        if kind.startswith("gemma3"):
            row = {**GEMMA3, **row}
        return ModelShape(**_describe(row, kind, name), **known, runtime="hf")
    except WRONG as error:
        raise UnusableInput(
            "{name} has no config that describes a language model: {reason}",
            hint="A chat model's config.json tells layers, heads and vocabulary.",
            name=name or "The model", reason=f"{type(error).__name__} {error}",
        ) from error  # fmt: skip


def refuse_encoder(name: str) -> UnusableInput:
    return UnusableInput(
        "{name} is an encoder: it writes no text, and only models that do are reckoned.",
        hint="Embedders are small and fit everywhere: ondol models list --embeddings", name=name or "The model",
    )  # fmt: skip


def _describe(row: Mapping[str, Any], kind: str, name: str) -> dict[str, Any]:
    layers = int(_first(row, "num_hidden_layers", "num_layers", "n_layer"))
    hidden = int(_first(row, "hidden_size", "n_embd"))
    heads = int(_first(row, "num_attention_heads", "n_head"))
    window = _window_layers(row, kind, layers)
    latent = int(row.get("kv_lora_rank") or 0)
    rope = int(row.get("qk_rope_head_dim") or 0) if latent else 0
    head_dim = int(row.get("head_dim") or hidden // heads)
    return {
        "name": name or str(row.get("_name_or_path", "")),
        "architecture": kind,
        "layers": layers,
        "hidden": hidden,
        "heads": heads,
        "kv_heads": int(row.get("num_key_value_heads") or heads),
        "head_dim": int(row["qk_nope_head_dim"]) + rope if latent else head_dim,
        "vocab": int(row["vocab_size"]),
        "ff": int(row.get("intermediate_size") or row.get("n_inner") or 4 * hidden),
        "context": int(row.get("max_position_embeddings") or row.get("n_positions") or 0),
        "window": int(row.get("sliding_window") or 0) if window else 0,
        "window_layers": window,
        "kv_rank": latent,
        "rope_dim": rope,
        "q_rank": int(row.get("q_lora_rank") or 0),
        "v_dim": int(row.get("v_head_dim") or 0) if latent else 0,
        "tied": bool(row.get("tie_word_embeddings", kind.startswith("gemma"))),
        **_experts(row),
    }


def _experts(row: Mapping[str, Any]) -> dict[str, int]:
    names = ("num_local_experts", "num_experts", "n_routed_experts")
    experts = next((int(row[name]) for name in names if row.get(name)), 0)
    if experts < 2:
        return {}
    return {
        "experts": experts,
        "active_experts": int(row.get("num_experts_per_tok") or row.get("experts_per_token") or 1),
        "shared_experts": int(row.get("n_shared_experts") or 0),
        "expert_ff": int(row.get("moe_intermediate_size") or row["intermediate_size"]),
        "dense_layers": int(row.get("first_k_dense_replace") or 0),
    }


def _window_layers(row: Mapping[str, Any], kind: str, layers: int) -> int:
    """How many layers look back over `sliding_window` tokens only."""
    if not row.get("sliding_window") or row.get("use_sliding_window") is False:
        return 0
    if row.get("layer_types"):
        return sum(layer == "sliding_attention" for layer in row["layer_types"])
    pattern = row.get("sliding_window_pattern") or EVERY_NTH_IS_FULL.get(kind, 0)
    nth = len(pattern) if isinstance(pattern, str) else int(pattern)  # EXAONE 4 writes "LLLG"
    return layers - layers // nth if nth else layers


def _first(row: Mapping[str, Any], *names: str) -> Any:
    for name in names:
        if row.get(name) is not None:
            return row[name]
    raise KeyError(names[0])


def sum_tensors(tensors: list[tuple[str, int, int]], config: Mapping[str, Any]) -> dict[str, Any]:
    """(number type, numbers, bytes) rows → what they tell `read_config`."""
    if not tensors:
        return {}
    kinds = Counter[str]()
    for kind, _, size in tensors:
        kinds[kind] += size
    # packed weights (4-bit in U8) hide how many parameters they are; the shape tells it then
    packed = "quantization_config" in config
    return {
        "stated_parameters": 0 if packed else sum(numbers for _, numbers, _ in tensors),
        "weight_bytes": sum(size for _, _, size in tensors),
        "quant": kinds.most_common(1)[0][0],
    }
