"""Bytes that a model needs: to answer, and to be tuned.

What is predicted is what the process grows by, at its peak: the constants are fitted to that (benchmarks/fit.py).
Pages of the file that llama.cpp maps count, because speed is lost as soon as they are not in memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from ondol.errors import UsageError
from ondol.fit.quant import KV_BYTES, weight_bytes
from ondol.fit.shape import ModelShape

Method = Literal["inference", "lora", "qlora", "full"]
METHODS: tuple[Method, ...] = get_args(Method)
UBATCH = 512
"""Tokens of a prompt that llama.cpp computes at once."""
RUNTIME = 16 * 2**20
"""llama.cpp itself."""
PER_TOKEN_NAME = 231
"""Bytes of the vocabulary in memory, each: 27 MiB for 49,152 and 74 for 262,144 with RUNTIME (November 2026)."""
TORCH = 194 * 2**20
"""torch and transformers, once they have computed something on the CPU (203 MB, November 2026)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What the model is to do."""

    method: Method = "inference"
    context: int = 4096
    """Tokens of prompt and answer; the length of a training example when tuning."""
    kv: str = "f16"
    slots: int = 1
    """Conversations at once; each has a context of its own."""
    quant: str = ""
    """What the weights are stored as; empty takes them as they lie there, or Q4_K_M."""
    runtime: Literal["", "llama.cpp", "hf"] = ""
    """Empty takes the one that opens the model as it lies there."""
    rank: int = 16
    """Of a LoRA adapter on all linear layers."""
    batch: int = 1
    """Examples of a training step that are in memory together."""
    checkpointing: bool = True
    """Compute activations twice instead of keeping them."""

    def __post_init__(self) -> None:
        problems = []
        if self.kv not in KV_BYTES:
            problems.append(f"the KV type is '{self.kv}', known are {', '.join(KV_BYTES)}")
        if self.method not in METHODS:
            problems.append(f"the method is '{self.method}', known are {', '.join(METHODS)}")
        if min(self.context, self.slots, self.rank, self.batch) < 1:
            problems.append("context, slots, rank and batch must be 1 or more")
        if problems:
            raise UsageError(
                "This cannot be reckoned: {problems}.", hint="See: ondol models fit --help",
                problems="; ".join(problems),
            )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Bytes by what they are for."""

    parts: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.parts.values())


def estimate_memory(shape: ModelShape, use: Use) -> Memory:
    if use.method != "inference":
        return _tuning(shape, use)
    if use.runtime == "hf":
        return _transformers(shape, use)
    parts = {
        "weights": weight_bytes(shape, use.quant),
        "kv": kv_bytes(shape, use),
        "compute": _compute(shape),
        "runtime": RUNTIME + PER_TOKEN_NAME * shape.vocab,
    }
    return Memory(parts=parts)


def kv_bytes(shape: ModelShape, use: Use) -> int:
    """Bytes of the KV cache.

    ondol tells llama.cpp to keep all of the context in sliding-window layers too (`swa_full`), or a repeated start of
    a prompt would have to be read again; transformers keeps the window only.
    """
    tokens = -(-use.context // 256) * 256 if use.runtime != "hf" else use.context
    short = shape.window_layers if use.runtime == "hf" and shape.window else 0
    kept = (shape.layers - short) * tokens + short * min(tokens, shape.window)
    return int(kept * shape.kv_numbers * KV_BYTES[use.kv] * use.slots)


def _compute(shape: ModelShape) -> int:
    """Activations of one ubatch in float32; the logits that are reserved for every token are never touched."""
    ff = shape.expert_ff * shape.active_experts or shape.ff
    return UBATCH * 4 * (2 * ff + 11 * shape.hidden)


def _transformers(shape: ModelShape, use: Use) -> Memory:
    """While it is loaded the file is in memory besides the weights that are made of it, later the cache is."""
    number = 4 if use.quant.upper() == "F32" else 2
    prompt = use.context * (2 * shape.ff + 8 * shape.hidden) * number
    parts = {
        "weights": weight_bytes(shape, use.quant or "BF16"),
        "kv": kv_bytes(shape, use) * number // 2,
        "compute": prompt + 2 * shape.vocab * 4,
        "runtime": TORCH,
    }
    stored = shape.weight_bytes or weight_bytes(shape, "BF16")
    return Memory(parts={**parts, "loading": max(0, stored - parts["kv"] - parts["compute"])})


def _tuning(shape: ModelShape, use: Use) -> Memory:
    """Weights, gradients, Adam's two states, activations.

    Full tuning keeps 16 bytes a parameter: float32 four times over, or bfloat16 weights and gradients beside a float32
    copy and two float32 states, which is the same sum. LoRA keeps the model in bfloat16, QLoRA its layers in 4.5 bits
    and its embeddings in bfloat16; both keep 16 bytes for each number of the adapter.
    """
    if use.method == "full":
        parts = {"weights": 4 * shape.parameters, "training": 12 * shape.parameters}
    elif use.method == "lora":
        parts = {"weights": 2 * shape.parameters, "training": 16 * adapter_parameters(shape, use.rank)}
    else:
        layers = shape.parameters - shape.embedding_parameters
        parts = {
            "weights": int(layers * 4.5 / 8) + 2 * shape.embedding_parameters,
            "training": 16 * adapter_parameters(shape, use.rank),
        }
    return Memory(parts={**parts, "activations": _activations(shape, use), "runtime": TORCH})


def adapter_parameters(shape: ModelShape, rank: int) -> int:
    """A LoRA adapter on q, k, v, o, gate, up and down of every layer; experts are not adapted."""
    query, kept = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    ends = 2 * (shape.hidden + query) + 2 * (shape.hidden + kept)
    ends += 0 if shape.experts else 3 * (shape.hidden + shape.ff)
    return shape.layers * rank * ends


def _activations(shape: ModelShape, use: Use) -> int:
    """Kept for the way back, and the logits: float32, their gradient and the softmax between them."""
    tokens = use.batch * use.context
    number = 4 if use.method == "full" else 2
    ff = shape.expert_ff * (shape.active_experts + shape.shared_experts) or shape.ff
    attention = 2 * (shape.heads + shape.kv_heads) * shape.head_dim
    layer = tokens * number * (8 * shape.hidden + attention + 4 * ff)
    kept = layer + shape.layers * tokens * shape.hidden * number if use.checkpointing else shape.layers * layer
    return kept + tokens * shape.vocab * 4 * 3
