"""Sizes of a model as GGUF keys; whatever llama.cpp would compute in another way is refused here."""

from __future__ import annotations

import math
from typing import Any

import gguf
import numpy as np

from ondol.convert.architectures import Architecture
from ondol.convert.config import head_size, heads, need, read_rope
from ondol.convert.weights import Array
from ondol.errors import UnusableInput

SCALINGS = ("default", "linear", "llama3", "longrope", "yarn")


def add_metadata(writer: Any, config: dict[str, Any], architecture: Architecture) -> None:
    """Write the keys of a config.json.

    Raises:
        UnusableInput: a value is missing, or llama.cpp has no place for it.
    """
    queries, keys = heads(config)
    writer.add_context_length(choose_context(config, architecture))
    writer.add_embedding_length(need(config, "hidden_size"))
    writer.add_block_count(need(config, "num_hidden_layers"))
    writer.add_feed_forward_length(need(config, "intermediate_size"))
    writer.add_head_count(queries)
    writer.add_head_count_kv(keys)
    writer.add_key_length(head_size(config))
    writer.add_value_length(head_size(config))
    writer.add_layer_norm_rms_eps(need(config, "rms_norm_eps"))
    _check_activation(config, architecture)
    _add_rope(writer, config)
    if architecture.full_every:
        _add_window(writer, config, architecture)
    elif architecture.name == "phi3":
        writer.add_sliding_window(0)  # without the key llama.cpp guesses one


def choose_context(config: dict[str, Any], architecture: Architecture) -> int:
    """Tokens the model was trained on; where llama.cpp lacks the model's sliding window, no more than the window."""
    context = int(need(config, "max_position_embeddings"))
    window = int(config.get("sliding_window") or 0)
    used = config.get("use_sliding_window", architecture.name in ("llama", "phi3"))
    return min(context, window) if window and used and not architecture.full_every else context


def rope_tensors(config: dict[str, Any]) -> dict[str, Array]:
    """Factors of single frequencies, which GGUF keeps as tensors."""
    rope = read_rope(config)
    if rope["rope_type"] == "longrope":
        return {
            f"rope_factors_{length}.weight": np.array(need(rope, f"{length}_factor"), np.float32)
            for length in ("long", "short")
        }
    return {"rope_freqs.weight": _llama3_factors(config, rope)} if rope["rope_type"] == "llama3" else {}


def _add_rope(writer: Any, config: dict[str, Any]) -> None:
    rope = read_rope(config)
    kind, theta = rope["rope_type"], float(rope["rope_theta"])
    strange = kind not in SCALINGS or any(rope.get(name) for name in ("mscale", "mscale_all_dim"))
    if strange or (kind == "yarn" and rope.get("attention_factor")):
        raise UnusableInput(
            "llama.cpp does not know this model's rotary scaling '{kind}'.",
            hint="ondol opens the folder itself: hf:PATH", kind=kind,
        )  # fmt: skip
    writer.add_rope_freq_base(theta)
    writer.add_rope_dimension_count(int(head_size(config) * rope["partial_rotary_factor"]))
    local = float(read_rope(config, "sliding_attention")["rope_theta"])
    if local != theta:
        writer.add_rope_freq_base_swa(local)
    if kind == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(need(rope, "factor"))
    elif kind == "yarn":
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(need(rope, "factor"))
        writer.add_rope_scaling_orig_ctx_len(_original_context(config, rope))
    elif kind == "longrope":
        original = _original_context(config, rope)
        scale = rope.get("factor") or need(config, "max_position_embeddings") / original
        stretched = math.sqrt(1 + math.log(scale) / math.log(original)) if scale > 1 else 1.0
        writer.add_rope_scaling_type(gguf.RopeScalingType.LONGROPE)
        writer.add_rope_scaling_orig_ctx_len(original)
        writer.add_rope_scaling_attn_factors(rope.get("attention_factor") or stretched)


def _original_context(config: dict[str, Any], rope: dict[str, Any]) -> int:
    found = rope.get("original_max_position_embeddings") or config.get("original_max_position_embeddings")
    return int(found or need(config, "max_position_embeddings"))


def _llama3_factors(config: dict[str, Any], rope: dict[str, Any]) -> Array:
    """Divisors of the frequencies: long waves by `factor`, short ones by 1, between them in proportion."""
    size, factor = head_size(config), float(need(rope, "factor"))
    low, high = float(need(rope, "low_freq_factor")), float(need(rope, "high_freq_factor"))
    waves = 2 * math.pi * float(rope["rope_theta"]) ** (np.arange(0, size, 2) / size)
    share = np.clip((_original_context(config, rope) / waves - low) / (high - low), 0, 1)
    return (1 / ((1 - share) / factor + share)).astype(np.float32)


def _add_window(writer: Any, config: dict[str, Any], architecture: Architecture) -> None:
    """Gemma's windows and scale, where llama.cpp takes the pattern for granted."""
    count, every = int(config["num_hidden_layers"]), architecture.full_every
    kinds = config.get("layer_types")
    usual = ["full_attention" if (block + 1) % every == 0 else "sliding_attention" for block in range(count)]
    scaled = config["hidden_size"] / heads(config)[0] if count == architecture.largest else head_size(config)
    if (kinds and kinds != usual) or config.get("query_pre_attn_scalar", scaled) != scaled:
        raise UnusableInput(
            "This model's attention differs from what llama.cpp knows as {kind}.",
            hint="ondol opens the folder itself: hf:PATH", kind=architecture.name,
        )  # fmt: skip
    writer.add_sliding_window(need(config, "sliding_window"))
    if config.get("attn_logit_softcapping"):
        writer.add_attn_logit_softcapping(config["attn_logit_softcapping"])
    if config.get("final_logit_softcapping"):
        writer.add_final_logit_softcapping(config["final_logit_softcapping"])


def _check_activation(config: dict[str, Any], architecture: Architecture) -> None:
    gemma = architecture.norm_offset != 0
    named = config.get("hidden_activation") or config.get("hidden_act")
    if named not in ({None, "gelu", "gelu_pytorch_tanh"} if gemma else {None, "silu"}):
        raise UnusableInput(
            "llama.cpp does not know {kind} with the activation '{name}'.",
            hint="ondol opens the folder itself: hf:PATH", kind=architecture.name, name=named,
        )  # fmt: skip
