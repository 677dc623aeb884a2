"""Which models a person wants to see, and what each would need here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def judge_all(names: Sequence[str], use: Any, memory_gb: float, settings: Any) -> list[Any]:
    """As `ondol.fit.choice.judge_all`, of the settings' models."""
    from ondol.assemble import open_model_store
    from ondol.fit.choice import judge_all

    return list(judge_all(names, use, open_model_store(settings), memory_gb=memory_gb))


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
    """Those rows of `ondol models list` that every given filter lets through; a language or thinking must be known."""
    from ondol.assemble import open_model_store

    catalogue = open_model_store(settings).catalogue
    kept = list(rows)
    if korean:
        kept = [row for row in kept if row["name"] in catalogue and "ko" in catalogue[row["name"]].languages]
    if chat or embeddings:
        kinds = {"chat"} if not embeddings else {"embeddings"} if not chat else {"chat", "embeddings"}
        kept = [row for row in kept if row["kind"] in kinds]
    if reasoning:
        kept = [row for row in kept if row["name"] in catalogue and catalogue[row["name"]].reasoning]
    if fits:
        kept = [row for row in kept if row["kind"] == "embeddings" or _fits(row, settings)]  # embedders are small
    return kept


def _fits(row: Mapping[str, Any], settings: Any) -> bool:
    """False too where nothing tells how the model is built: it is not claimed to fit."""
    from ondol.errors import OndolError
    from ondol.fit.memory import Use

    try:
        [found] = judge_all([row["name"]], Use(), 0, settings)
    except OndolError:
        return False
    return bool(found.fits != "no")
