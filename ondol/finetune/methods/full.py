"""Every weight is learnt."""

from __future__ import annotations

from typing import Any

from ondol.finetune.config import FinetuneConfig


def prepare(network: Any, config: FinetuneConfig, tokenizer: Any, first: list[str]) -> Any:  # noqa: ARG001
    return network.requires_grad_(True)
