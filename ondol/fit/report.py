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


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    shape: ModelShape
    use: Use
    parts: dict[str, int]
    """Bytes by what they are for."""
    budget: int
    """Bytes that are free."""
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
            "quant": self.use.quant or self.shape.quant,
            "context": self.use.context,
            "kv": self.use.kv,
            "weight_bytes": self.parts["weights"],
            "memory_bytes": self.memory,
            "parts": self.parts,
            "available_bytes": self.budget,
            "fits": self.fits,
            "instead": describe_change(self.use, self.instead) if self.instead else "",
            "prompt_tokens_per_s": _rounded(self.prompt),
            "tokens_per_s": _rounded(self.generation),
        }


def judge(shape: ModelShape, use: Use, machine: Machine, *, pretend_bytes: int = 0) -> Fit:
    """Reckon memory and speed of `shape`.

    Args:
        pretend_bytes: memory of another machine; speed is not told for one.
    """
    use = _settle(shape, use)
    budget = int(pretend_bytes * SYSTEM) if pretend_bytes else machine.available_bytes
    memory = estimate_memory(shape, use)
    fits = _verdict(memory.total, budget)
    speed = None if pretend_bytes or use.method != "inference" else estimate_speed(shape, use, machine)
    return Fit(
        shape=shape,
        use=use,
        parts=memory.parts,
        budget=budget,
        fits=fits,
        instead=_what_fits(shape, use, budget) if fits == "no" else None,
        prompt=speed.prompt if speed else None,
        generation=speed.generation if speed else None,
    )


def _settle(shape: ModelShape, use: Use) -> Use:
    """No context longer than the model's own, and a quantisation where nothing lies there yet."""
    context = min(use.context, shape.context or use.context)
    quant = use.quant or ("" if shape.weight_bytes else shape.quant or "Q4_K_M")
    return replace(use, context=context, quant=quant if use.method == "inference" else "")


def _verdict(needed: int, budget: int) -> Verdict:
    if needed > budget:
        return "no"
    return "yes" if needed <= ROOM * budget else "tight"


def _what_fits(shape: ModelShape, use: Use, budget: int) -> Use | None:
    """The least change that fits: the same in a smaller format, then with less context, then a lighter method."""
    return next((other for other in _changes(shape, use) if estimate_memory(shape, other).total <= budget), None)


def _changes(shape: ModelShape, use: Use) -> list[Use]:
    contexts = [use.context]
    while contexts[-1] // 2 >= SHORTEST:
        contexts.append(contexts[-1] // 2)
    if use.method == "inference":
        now = weight_bytes(shape, use.quant)
        smaller = [name for name in SMALLER if weight_bytes(shape, name) < now]
        shorter = [replace(use, context=context) for context in contexts[1:3]]
        return shorter + [replace(use, quant=name, context=context) for context in contexts for name in smaller]
    methods = LIGHTER[LIGHTER.index(use.method) :]
    return [replace(use, method=method, context=context) for method in methods for context in contexts]


def describe_change(use: Use, other: Use) -> str:
    """`Q3_K_M, context 2048`: only what differs."""
    told: list[str] = [other.method] if other.method != use.method else []
    told += [other.quant] if other.quant != use.quant else []
    told += [f"context {other.context}"] if other.context != use.context else []
    return ", ".join(told)


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.3g}")
