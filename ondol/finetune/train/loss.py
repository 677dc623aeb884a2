"""The loss of a batch, and the negative log-likelihood of held-out examples, summed over tokens."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from ondol.finetune.train.items import Item
from ondol.tokens.encode import IGNORED, Encoded

Collate = Callable[[Sequence[Encoded]], dict[str, torch.Tensor]]


def summed_loss(network: Any, batch: dict[str, Any]) -> torch.Tensor:
    """Nats over all learnt tokens; only places in `logits_to_keep` are scored, soft-capped by networks that do so."""
    return _losses(network, batch, "sum")


def _losses(network: Any, batch: dict[str, Any], reduction: str) -> torch.Tensor:
    inputs = {name: value for name, value in batch.items() if name != "labels"}
    scores = network(**inputs, use_cache=False).logits.float()
    return cross_entropy(scores.flatten(0, 1), batch["labels"].flatten(), ignore_index=IGNORED, reduction=reduction)


@dataclass(frozen=True, slots=True)
class Likelihood:
    each: tuple[float, ...]
    """Nats of every item, in their order."""
    tokens: int
    bytes: int

    @property
    def nats(self) -> float:
        return sum(self.each)

    @property
    def nll(self) -> float:
        """Nats a token, each token counting once, whatever the batches were."""
        return self.nats / self.tokens if self.tokens else math.nan

    @property
    def bits_per_byte(self) -> float:
        """Comparable across tokenizers."""
        return self.nats / math.log(2) / self.bytes if self.bytes else math.nan


@torch.no_grad()  # type: ignore[untyped-decorator]
def measure(network: Any, items: Sequence[Item], collate: Collate, *, batch: int) -> Likelihood:
    """Of all items together, in eval mode; the mode of before is set again."""
    was_training = network.training
    network.eval()
    nats, device = [0.0] * len(items), next(network.parameters()).device
    order = sorted(range(len(items)), key=lambda place: len(items[place].encoded.ids))
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        tensors = collate([items[place].encoded for place in chosen])
        losses = _losses(network, {name: value.to(device) for name, value in tensors.items()}, "none")
        many = tensors["labels"].shape[0]
        rows = (
            losses.view(many, -1) if many == len(chosen) else losses.split([items[i].encoded.trained for i in chosen])
        )
        for place, row in zip(chosen, rows, strict=True):
            nats[place] = float(row.sum())
    network.train(was_training)
    return Likelihood(tuple(nats), sum(item.encoded.trained for item in items), sum(item.bytes for item in items))
