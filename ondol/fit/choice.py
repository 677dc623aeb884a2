"""What models would need on this machine."""

from __future__ import annotations

from collections.abc import Sequence

from ondol.fit.machine import measure_machine
from ondol.fit.memory import Use
from ondol.fit.quant import find_quant
from ondol.fit.report import Fit, judge
from ondol.fit.shape_sources import find_shape
from ondol.model_store.store import ModelStore


def judge_all(names: Sequence[str], use: Use, store: ModelStore, *, memory_gb: float = 0) -> list[Fit]:
    """A `Fit` for each name, or for every chat model whose shape the catalogue knows.

    Args:
        memory_gb: of another machine; 0 reckons for this one.

    Raises:
        NotFound, UnusableInput: a name is unknown, or nothing tells how the model is built.
    """
    if use.quant:
        find_quant(use.quant)
    every = [model.name for model in store.catalogue.values() if model.kind == "chat" and model.shape]
    shapes = [find_shape(name, store) for name in names or every]
    machine = measure_machine(store.home)
    return [judge(shape, use, machine, pretend_bytes=int(memory_gb * 10**9)) for shape in shapes]
