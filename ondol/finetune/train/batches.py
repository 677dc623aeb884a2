"""Examples → tensors: behind each other without padding, or padded; and the order in which they are seen."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.utils.data import Dataset, Sampler

from ondol.finetune.train.items import Item
from ondol.tokens.encode import IGNORED, Encoded

GROUP = 16
"""Batches among which examples of like length are looked for."""


class Examples(Dataset[Encoded]):  # type: ignore[misc]
    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, place: int) -> Encoded:
        return self.items[place].encoded


def learnt_places(encoded: Encoded) -> list[int]:
    """Places whose next token is learnt: the network is asked for scores only there."""
    return [place for place, label in enumerate(encoded.labels[1:]) if label != IGNORED]


def flat_batch(batch: Sequence[Encoded]) -> dict[str, torch.Tensor]:
    """All examples behind each other, (1, T), with positions that begin again; transformers keeps them apart by these.

    Returns:
        `input_ids` and `position_ids` (1, T); `logits_to_keep` (K,), the places that are scored; `labels` (1, K), what
        follows each of them.
    """
    ids: list[int] = []
    positions: list[int] = []
    kept: list[int] = []
    labels: list[int] = []
    for encoded in batch:
        places = learnt_places(encoded)
        kept += [len(ids) + place for place in places]
        labels += [encoded.labels[place + 1] for place in places]
        ids += encoded.ids
        positions += range(len(encoded.ids))
    return {
        "input_ids": torch.tensor([ids]),
        "position_ids": torch.tensor([positions]),
        "logits_to_keep": torch.tensor(kept),
        "labels": torch.tensor([labels]),
    }


def padded_batch(batch: Sequence[Encoded], pad: int) -> dict[str, torch.Tensor]:
    """(B, T), padded at the end; what is padding is told by place and never by the token, which may be a real one.

    Returns:
        `input_ids`, `attention_mask` (B, T); `logits_to_keep` (K,), places that are scored for one row at least;
        `labels` (B, K), `IGNORED` where a row learns nothing there.
    """
    width = max(len(encoded.ids) for encoded in batch)
    kept = sorted({place for encoded in batch for place in learnt_places(encoded)})
    following = [[*encoded.labels[1:], *[IGNORED] * (width - len(encoded.ids) + 1)] for encoded in batch]
    return {
        "input_ids": torch.tensor([[*encoded.ids, *[pad] * (width - len(encoded.ids))] for encoded in batch]),
        "attention_mask": torch.tensor([[1] * len(e.ids) + [0] * (width - len(e.ids)) for e in batch]),
        "logits_to_keep": torch.tensor(kept),
        "labels": torch.tensor([[row[place] for place in kept] for row in following]),
    }


class SeededOrder(Sampler[int]):  # type: ignore[misc]
    """Another order every epoch, the same for the same seed; with `lengths`, neighbours are of like length.

    Batches are shuffled as wholes of `batch`, the examples of one step over all processes, so that two processes
    see in a step what one would.
    """

    def __init__(self, count: int, *, batch: int, seed: int, lengths: Sequence[int] | None = None) -> None:
        self._count, self._batch, self._seed, self._lengths = count, batch, seed, lengths
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self._epoch = epoch

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        chance = random.Random(f"{self._seed}/{self._epoch}")  # noqa: S311 - no secret
        order = list(range(self._count))
        chance.shuffle(order)
        if self._lengths is None:
            yield from order
            return
        batches: list[list[int]] = []
        for start in range(0, self._count, GROUP * self._batch):
            alike = sorted(order[start : start + GROUP * self._batch], key=self._lengths.__getitem__, reverse=True)
            batches += [alike[place : place + self._batch] for place in range(0, len(alike), self._batch)]
        whole = [batch for batch in batches if len(batch) == self._batch]
        chance.shuffle(whole)
        for batch in [*whole, *(batch for batch in batches if len(batch) < self._batch)]:
            yield from batch


def keeps_apart(network: Any) -> bool:
    """Whether examples behind each other stay apart: attention of a kind for which transformers reads the positions."""
    attention = getattr(network.config.get_text_config(), "_attn_implementation", "")
    return attention in ("sdpa", "eager", "flash_attention_2", "flex_attention") and not network._is_stateful
