"""Whether a model fits, and what would."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from ondol.fit.machine import Machine
from ondol.fit.memory import Method, Use, estimate_memory
from ondol.fit.quant import SMALLER, weight_bytes
from ondol.fit.shape import ModelShape
from ondol.fit.speed import estimate_speed

Verdict = Literal["yes", "tight", "no"]
ROOM = 0.8
"""Above this part of the free memory a model still fits, but little else does."""
SYSTEM = 0.92
"""Part of a machine's memory that is left to programs, where only its size is known."""
LIGHTER: tuple[Method, ...] = ("full", "lora", "qlora")
"""Ways to tune, the one that needs most memory first."""
SHORTEST = 1024
"""Tokens below which nothing useful can be asked or trained."""
TORCH_NUMBERS = ("F32", "BF16", "F16")
"""Formats that transformers computes in; every other one is a GGUF's."""
TUNED = {"full": "F32", "lora": "BF16", "qlora": "NF4"}
"""What the weights are while they are tuned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    shape: ModelShape
    use: Use
    parts: dict[str, int]
    """Bytes by what they are for."""
    budget: int
    """Bytes that are free where it would run."""
    device: Literal["cpu", "cuda"]
    needs: str
    """What this machine lacks for it besides memory."""
    fits: Verdict
    instead: Use | None
    """What would fit, where this does not: a smaller quantisation, a shorter context, a lighter method."""
    prompt: float | None
    """Tokens a second; None for another machine, and for tuning."""
    generation: float | None

    @property
    def memory(self) -> int:
        return sum(self.parts.values())

    def row(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "name": self.shape.name,
            "parameters": self.shape.parameters,
            "active_parameters": self.shape.active_parameters,
            "method": self.use.method,
            "runtime": self.use.runtime,
            "device": self.device,
            "quant": TUNED.get(self.use.method) or self.use.quant or self.shape.quant,
            "context": self.use.context,
            "kv": self.use.kv,
            "weight_bytes": self.parts["weights"],
            "memory_bytes": self.memory,
            "parts": self.parts,
            "available_bytes": self.budget,
            "fits": self.fits,
            "needs": self.needs,
            "instead": describe_change(self.use, self.instead) if self.instead else "",
            "prompt_tokens_per_s": _rounded(self.prompt),
            "tokens_per_s": _rounded(self.generation),
        }


def judge(shape: ModelShape, use: Use, machine: Machine, *, pretend_bytes: int = 0) -> Fit:
    """Reckon memory and speed of `shape`.

    Args:
        pretend_bytes: memory of another machine; speed is not told for one.
    """
    gpu = machine.gpu_bytes > 0 and not pretend_bytes
    use = _settle(shape, use, gpu=gpu)
    on_gpu = gpu and use.runtime == "hf"
    free = machine.gpu_bytes if on_gpu else machine.available_bytes
    budget = int((pretend_bytes or free) * SYSTEM) if pretend_bytes or on_gpu else free
    memory = estimate_memory(shape, use)
    cuda = gpu or pretend_bytes > 0  # what another machine has is not known
    needs = "CUDA" if use.method == "qlora" and not cuda else ""
    fits = "no" if needs else _verdict(memory.total, budget)
    told = use.method == "inference" and not pretend_bytes and not on_gpu
    speed = estimate_speed(shape, use, machine) if told else None
    return Fit(
        shape=shape,
        use=use,
        parts=memory.parts,
        budget=budget,
        device="cuda" if on_gpu else "cpu",
        needs=needs,
        fits=fits,
        instead=_what_fits(shape, use, budget, cuda=cuda) if fits == "no" else None,
        prompt=speed.prompt if speed else None,
        generation=speed.generation if speed else None,
    )


def _settle(shape: ModelShape, use: Use, *, gpu: bool) -> Use:
    """No context longer than the model's own; the runtime that opens it, and the numbers which that takes."""
    context = min(use.context, shape.context or use.context)
    if use.method != "inference":
        return replace(use, context=context, quant="", runtime="hf")
    runtime = use.runtime or (shape.runtime if use.quant in ("", *TORCH_NUMBERS) else "llama.cpp")
    if runtime == "hf":
        quant = use.quant or ("BF16" if gpu else "F32")
    else:
        quant = use.quant or ("" if shape.weight_bytes else shape.quant or "Q4_K_M")
    return replace(use, context=context, quant=quant, runtime=runtime)


def _verdict(needed: int, budget: int) -> Verdict:
    if needed > budget:
        return "no"
    return "yes" if needed <= ROOM * budget else "tight"


def _what_fits(shape: ModelShape, use: Use, budget: int, *, cuda: bool) -> Use | None:
    """The least change that fits: the same in a smaller format, then with less context, then a lighter method."""
    changes = _changes(shape, use) if use.method == "inference" else _ways_to_tune(use, cuda=cuda)
    return next((other for other in changes if estimate_memory(shape, other).total <= budget), None)


def _changes(shape: ModelShape, use: Use) -> list[Use]:
    contexts = _contexts(use)
    now = weight_bytes(shape, use.quant)
    shorter = [replace(use, context=context) for context in contexts[1:3]]
    halves = [replace(use, quant="BF16")] if use.runtime == "hf" and use.quant == "F32" else []
    smaller = [name for name in SMALLER if weight_bytes(shape, name) < now]
    packed = [
        replace(use, quant=name, context=context, runtime="llama.cpp") for context in contexts for name in smaller
    ]
    return halves + shorter + packed


def _ways_to_tune(use: Use, *, cuda: bool) -> list[Use]:
    lighter = LIGHTER[LIGHTER.index(use.method) :] if cuda else ("full", "lora") if use.method == "full" else ("lora",)
    return [replace(use, method=method, context=context) for method in lighter for context in _contexts(use)]


def _contexts(use: Use) -> list[int]:
    contexts = [use.context]
    while contexts[-1] // 2 >= SHORTEST:
        contexts.append(contexts[-1] // 2)
    return contexts


def describe_change(use: Use, other: Use) -> str:
    """`Q3_K_M, context 2048`: only what differs."""
    told: list[str] = [other.method] if other.method != use.method else []
    told += [other.quant] if other.quant != use.quant else []
    told += [f"context {other.context}"] if other.context != use.context else []
    return ", ".join(told)


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.3g}")
