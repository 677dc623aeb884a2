"""What llama.cpp calls each architecture, and how its tensors differ from transformers'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ondol.errors import UnusableInput

ATTENTION = tuple(f"self_attn.{part}_proj.weight" for part in "qkvo")
MLP = tuple(f"mlp.{part}_proj.weight" for part in ("gate", "up", "down"))
NORMS = ("input_layernorm.weight", "post_attention_layernorm.weight")
HEAD_NORMS = ("self_attn.q_norm.weight", "self_attn.k_norm.weight")
MORE_NORMS = ("pre_feedforward_layernorm.weight", "post_feedforward_layernorm.weight")
BIASES = tuple(f"self_attn.{part}_proj.bias" for part in "qkv")
FUSED = ("self_attn.qkv_proj.weight", "self_attn.o_proj.weight", "mlp.gate_up_proj.weight", "mlp.down_proj.weight")


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    name: str
    """As in `general.architecture`."""
    block: tuple[str, ...] = (*ATTENTION, *MLP, *NORMS)
    """Tensors that every block has."""
    permuted: bool = False
    """llama.cpp turns neighbours of a head, transformers its two halves: the rows of q and k change places."""
    norm_offset: float = 0.0
    """Gemma multiplies by 1 + weight, llama.cpp by the weight."""
    tied: bool = False
    """Output and embedding are one matrix unless the config says otherwise."""
    full_every: int = 0
    """Each so many-th block sees everything, the others a sliding window; 0: llama.cpp knows no window here."""
    largest: int = 0
    """Blocks of the one size whose attention llama.cpp scales by hidden size / heads instead of the head's size."""


ARCHITECTURES = {
    "llama": Architecture(name="llama", permuted=True),
    "mistral": Architecture(name="llama", permuted=True),
    "qwen2": Architecture(name="qwen2", block=(*ATTENTION, *MLP, *NORMS, *BIASES)),
    "qwen3": Architecture(name="qwen3", block=(*ATTENTION, *MLP, *NORMS, *HEAD_NORMS)),
    "phi3": Architecture(name="phi3", block=(*FUSED, *NORMS)),
    "gemma": Architecture(name="gemma", norm_offset=1.0, tied=True),
    "gemma2": Architecture(
        name="gemma2", block=(*ATTENTION, *MLP, *NORMS, *MORE_NORMS), norm_offset=1.0, tied=True, full_every=2,
        largest=46,
    ),
    "gemma3_text": Architecture(
        name="gemma3", block=(*ATTENTION, *MLP, *NORMS, *MORE_NORMS, *HEAD_NORMS), norm_offset=1.0, tied=True,
        full_every=6, largest=62,
    ),
}  # fmt: skip


def find_architecture(config: dict[str, Any]) -> Architecture:
    """The architecture of a config.json.

    Raises:
        UnusableInput: it is none of those that can be converted.
    """
    kind = config.get("model_type", "")
    if kind not in ARCHITECTURES:
        raise UnusableInput(
            "ondol cannot convert the architecture '{kind}' to GGUF.",
            hint="Known: {known}. For others take a GGUF that its makers offer.",
            kind=kind, known=", ".join(ARCHITECTURES),
        )  # fmt: skip
    return ARCHITECTURES[kind]
