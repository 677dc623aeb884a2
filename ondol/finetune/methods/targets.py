"""Which linear layers a LoRA is set beside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch

from ondol.errors import UsageError


def list_linear(network: Any) -> Counter[str]:
    """Linear layers but the output, by the end of their names, with how many there are."""
    output = network.get_output_embeddings()
    return Counter(
        name.rpartition(".")[2]
        for name, module in network.named_modules()
        if isinstance(module, torch.nn.Linear) and module is not output
    )


def find_targets(network: Any, wanted: Sequence[str]) -> list[str]:
    """All linear layers (better than attention alone at equal size), or those that were asked for.

    Raises:
        UsageError: one that is not there; those that are there are listed.
    """
    known = list_linear(network)
    lost = [name for name in wanted if name not in known]
    if lost or not known:
        raise UsageError(
            "The base has no linear layers called '{name}'.", hint="It has: {known}.",
            name=lost[0] if lost else "",
            known=", ".join(f"{name} ({count})" for name, count in known.items()) or "none",
        )  # fmt: skip
    return list(wanted) or sorted(known)
