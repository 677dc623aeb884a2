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
    inputs = {name: value for name, value in batch.items() if name != "labels"}
    scores = network(**inputs, use_cache=False).logits.float()
    return cross_entropy(scores.flatten(0, 1), batch["labels"].flatten(), ignore_index=IGNORED, reduction="sum")


@dataclass(frozen=True, slots=True)
class Likelihood:
    nats: float
    tokens: int
    bytes: int

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
    nats, device = 0.0, next(network.parameters()).device
    ordered = sorted(items, key=lambda item: len(item.encoded.ids))
    for start in range(0, len(ordered), batch):
        tensors = collate([item.encoded for item in ordered[start : start + batch]])
        nats += float(summed_loss(network, {name: value.to(device) for name, value in tensors.items()}))
    network.train(was_training)
    return Likelihood(nats, sum(item.encoded.trained for item in items), sum(item.bytes for item in items))
