"""Memory and time of a run before it is made: from a model's shape alone, or from a step that was tried.

`benchmarks/plan.py` prints both beside what runs measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean, pstdev
from typing import Any

from ondol.finetune.config import FinetuneConfig
from ondol.fit.machine import Machine
from ondol.fit.memory import TORCH, adapter_parameters
from ondol.fit.shape import ModelShape

COMPUTE_SHARE = 0.55
"""Part of the measured float32 speed that training reaches on the processor."""
ROOM = 0.92
"""Part of the memory that a run may fill."""
CHARACTERS = {"ko": 1.6, "en": 4.0}
"""Of a token, where no tokenizer is here to count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What of the data decides memory and time."""

    examples: int
    held_out: int
    tokens: int
    """Of all examples that are learnt, once."""
    trained: int
    """Of these, tokens of answers."""
    held_tokens: int
    step_tokens: int
    """Of a heavy step of one process: three standard deviations above the mean."""
    step_trained: int


def count_facts(lengths: Sequence[int], trained: Sequence[int], held: Sequence[int], *, batch: int) -> Facts:
    return Facts(
        examples=len(lengths), held_out=len(held), tokens=sum(lengths), trained=sum(trained), held_tokens=sum(held),
        step_tokens=_heavy(lengths, batch), step_trained=_heavy(trained, batch),
    )  # fmt: skip


def _heavy(lengths: Sequence[int], batch: int) -> int:
    many = min(batch, len(lengths))
    likely = many * fmean(lengths) + 3 * pstdev(lengths) * math.sqrt(many)
    return round(min(likely, sum(sorted(lengths)[-many:])))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    source: str
    """`config` (reckoned from the shape) or `probe` (from a step that was made)."""
    method: str
    trainable: int
    steps: int
    tokens: int
    parts_mb: dict[str, int]
    memory_mb: int
    free_mb: int
    fits: bool
    seconds: float
    change: str
    """The first change that would make it fit, as options of the command; empty where it fits or nothing would."""
    change_memory_mb: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def make_plan(
    config: FinetuneConfig, shape: ModelShape, facts: Facts, machine: Machine, *, steps: int, free_mb: int,
    device: str = "cpu", tried: tuple[int, float] | None = None,
) -> Plan:  # fmt: skip
    """Put together what a run needs.

    Args:
        steps: of the whole run.
        tried: MB at the peak and seconds of a whole run, as a probe found them.
    """
    parts = reckon_memory(config, shape, facts, device=device)
    reckoned = sum(parts.values()) >> 20
    memory, seconds = tried or (reckoned, reckon_seconds(config, shape, facts, machine, steps=steps))
    fits = memory <= ROOM * free_mb
    change, needed = "", 0
    if not fits:
        for words, lighter in lighter_runs(config, device):
            ratio = sum(
                reckon_memory(lighter, shape, _lighter_facts(facts, config, lighter), device=device).values()
            ) / (reckoned << 20)
            if memory * ratio <= ROOM * free_mb:
                change, needed = words, round(memory * ratio)
                break
    return Plan(
        source="probe" if tried else "config", method=config.method, trainable=trainable_parameters(config, shape),
        steps=steps, tokens=round(steps * config.batch * config.accumulate * facts.tokens / max(1, facts.examples)),
        parts_mb={name: size >> 20 for name, size in parts.items()}, memory_mb=memory, free_mb=free_mb, fits=fits,
        seconds=round(seconds, 3), change=change, change_memory_mb=needed if change else 0,
    )  # fmt: skip


def trainable_parameters(config: FinetuneConfig, shape: ModelShape) -> int:
    if config.method == "full":
        return shape.parameters
    if config.method == "prefix":
        return config.prefix_tokens * shape.layers * 2 * shape.kv_heads * shape.head_dim
    return adapter_parameters(shape, config.rank)


def reckon_memory(config: FinetuneConfig, shape: ModelShape, facts: Facts, *, device: str) -> dict[str, int]:
    """Bytes by what they are for, at the peak of a step."""
    half = device.startswith("cuda") or config.dtype in ("bfloat16", "float16")
    number = 4 if config.method == "full" or not half else 2
    layers = shape.parameters - shape.embedding_parameters
    weights = number * shape.parameters
    if config.method == "qlora":
        weights = int(layers * 4.5 / 8) + 2 * shape.embedding_parameters
    trainable = trainable_parameters(config, shape)
    ff = shape.expert_ff * (shape.active_experts + shape.shared_experts) or shape.ff
    attention = 2 * (shape.heads + shape.kv_heads) * shape.head_dim
    adapters = 0 if config.method in ("full", "prefix") else 7 * (config.rank + shape.hidden)
    layer = facts.step_tokens * (2 if half else 4) * (8 * shape.hidden + attention + 4 * ff + adapters)
    kept = shape.layers * facts.step_tokens * shape.hidden * 4
    return {
        "weights": weights,
        "gradients": 4 * trainable,
        "optimizer": 8 * trainable,
        "activations": layer + kept if config.checkpointing else shape.layers * layer,
        "scores": 3 * 4 * facts.step_trained * shape.vocab,
        "runtime": TORCH,
    }


def reckon_seconds(config: FinetuneConfig, shape: ModelShape, facts: Facts, machine: Machine, *, steps: int) -> float:
    """Multiplications of the whole run, at the speed of this machine's processor."""
    body = shape.active_parameters - (shape.vocab * shape.hidden if shape.tied else 0)
    ways = 6 if config.method == "full" else 4  # forward, and backward with or without the weights' own gradients
    ways += 2 if config.checkpointing else 0
    seen = steps * config.batch * config.accumulate / max(1, facts.examples)
    learnt = seen * (ways * facts.tokens * body + 6 * facts.trained * shape.vocab * shape.hidden)
    share = facts.trained / max(1, facts.tokens)
    measured = (config.evaluations + 2) * facts.held_tokens * 2 * (body + share * shape.vocab * shape.hidden)
    return (learnt + measured) / (machine.flops * COMPUTE_SHARE)


def lighter_runs(config: FinetuneConfig, device: str) -> Iterator[tuple[str, FinetuneConfig]]:
    """Runs that need less memory, the gentlest change first; each has the changes before it too."""
    words: list[str] = []
    run = config

    def change(said: str, **values: Any) -> tuple[str, FinetuneConfig]:
        nonlocal run
        run = replace(run, **values)
        words.append(said)
        return " ".join(words), run

    if run.batch > 1:
        yield change(
            f"--batch 1 --accumulate {run.batch * run.accumulate}", batch=1, accumulate=run.batch * run.accumulate
        )
    if not run.checkpointing and run.method != "prefix":
        yield change("--checkpointing", checkpointing=True)
    if run.method == "full":
        yield change("--method lora", method="lora")
    if run.method == "lora" and not device.startswith("cuda") and not run.dtype:
        yield change("--dtype bfloat16", dtype="bfloat16")
    if run.method == "lora" and device.startswith("cuda"):
        yield change("--method qlora", method="qlora")
    while run.max_tokens > 256:
        yield change(f"--max-tokens {run.max_tokens // 2}", max_tokens=run.max_tokens // 2)
        words.pop(-2) if len(words) > 1 and words[-2].startswith("--max-tokens") else None


def _lighter_facts(facts: Facts, config: FinetuneConfig, lighter: FinetuneConfig) -> Facts:
    share = lighter.batch / config.batch
    longest = lighter.batch * lighter.max_tokens
    step = min(round(facts.step_tokens * share), longest)
    return replace(facts, step_tokens=step, step_trained=min(round(facts.step_trained * share), step))
