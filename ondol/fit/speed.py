"""Tokens per second that can be expected of llama.cpp on this machine's processor."""

from __future__ import annotations

from dataclasses import dataclass

from ondol.fit.machine import Machine
from ondol.fit.memory import Use, kv_bytes
from ondol.fit.quant import active_bytes
from ondol.fit.shape import ModelShape

# Set on a busy machine, so rough; `ondol models bench` tells the truth.
READ_SHARE = 0.8
"""Part of the measured bandwidth that generation reaches; the rest goes into unpacking."""
LAYER_S = 0.25e-3
"""Seconds a token spends in each layer besides reading: threads that wait for each other."""
COMPUTE_SHARE = 0.6
"""Part of the measured float32 speed that reading a prompt reaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    prompt: float
    """Tokens a second while a prompt is read."""
    generation: float
    """Tokens a second while the answer is written."""


def estimate_speed(shape: ModelShape, use: Use, machine: Machine) -> Speed:
    """With the cache half full, as it is on average over a conversation."""
    bytes_read = active_bytes(shape, use.quant) + kv_bytes(shape, use) / use.slots / 2
    per_token = bytes_read / (machine.bandwidth * READ_SHARE) + shape.layers * LAYER_S
    table = shape.vocab * shape.hidden  # the output matrix: needed for the last token of a prompt only
    work = 2 * max(1, shape.active_parameters - table)
    return Speed(prompt=machine.flops * COMPUTE_SHARE / work, generation=1 / per_token)
