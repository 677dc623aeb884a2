"""Which models of the catalogue a person wants to see, and what each would need here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def judge_all(names: Sequence[str], use: Any, memory_gb: float, settings: Any) -> list[Any]:
    """A `Fit` for each name, or for every chat model whose shape the catalogue knows."""
    from ondol.assemble import open_model_store
    from ondol.fit.machine import measure_machine
    from ondol.fit.quant import find_quant
    from ondol.fit.report import judge
    from ondol.fit.shape_sources import find_shape

    if use.quant:
        find_quant(use.quant)
    store = open_model_store(settings)
    every = [model.name for model in store.catalogue.values() if model.kind == "chat" and model.shape]
    shapes = [find_shape(name, store) for name in names or every]
    machine = measure_machine(settings.home)
    return [judge(shape, use, machine, pretend_bytes=int(memory_gb * 10**9)) for shape in shapes]


def filter_models(
    rows: Sequence[Mapping[str, Any]],
    settings: Any,
    *,
    korean: bool = False,
    fits: bool = False,
    chat: bool = False,
    embeddings: bool = False,
    reasoning: bool = False,
) -> list[Mapping[str, Any]]:
    """Those rows of `ondol models list` that every given filter lets through."""
    from ondol.assemble import open_model_store
    from ondol.fit.memory import Use

    catalogue = open_model_store(settings).catalogue
    kept = [row for row in rows if row["name"] in catalogue]
    if korean:
        kept = [row for row in kept if "ko" in catalogue[row["name"]].languages]
    if chat or embeddings:
        kinds = {"chat"} if not embeddings else {"embeddings"} if not chat else {"chat", "embeddings"}
        kept = [row for row in kept if row["kind"] in kinds]
    if reasoning:
        kept = [row for row in kept if catalogue[row["name"]].reasoning]
    if fits:
        known = {row["name"] for row in kept if catalogue[row["name"]].shape}
        good = {found.shape.name for found in judge_all(sorted(known), Use(), 0, settings) if found.fits != "no"}
        # embedders are small; a chat model without a known shape is not claimed to fit
        kept = [row for row in kept if row["name"] in good or row["kind"] == "embeddings"]
    return kept
