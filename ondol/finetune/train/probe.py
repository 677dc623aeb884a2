"""A step of each kind, made for real: what the heaviest batch needs, and how long an ordinary one takes."""

from __future__ import annotations

import math
import time
import warnings
from typing import Any

import torch

from ondol.finetune.config import FinetuneConfig
from ondol.finetune.methods import PREPARERS
from ondol.finetune.plan import Facts, count_facts
from ondol.finetune.small_batches import suit_batch
from ondol.finetune.train.batches import SeededOrder
from ondol.finetune.train.loss import Collate, measure, summed_loss
from ondol.finetune.train.run import Base, Data, choose_collate, count_steps, encode_data, open_base, read_data
from ondol.finetune.train.trainer import choose_numbers, multiplied_in
from ondol.fit.bench import watch
from ondol.model_store.store import ModelStore
from ondol.progress import Silent
from ondol.registry import resolve

TIMED = 3
"""Ordinary steps that are timed, after one that warms up."""


def probe(config: FinetuneConfig, *, store: ModelStore, processes: int = 1) -> dict[str, Any]:
    """Load, prepare and make a few steps; nothing is kept.

    Returns:
        `config` as it runs, `facts`, `steps`, `memory_mb` at the peak, and `seconds` of the whole run.
    """
    with watch() as watched, warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*gradient_checkpointing", FutureWarning)  # of peft about transformers
        split = read_data(config, Silent())
        base = open_base(config, store=store)
        data = encode_data(config, split, base.maker)
        config = suit_batch(config, [len(item.encoded.ids) for item in data.train.items], base.device)
        collate, grouped = choose_collate(config, base)
        first = [item.example.answer or item.example.text for item in data.train.items[:20]]
        network = resolve("ondol.finetune.methods", PREPARERS, config.method, what="method")(
            base.network, config, base.maker.tokenizer, first
        )
        if config.checkpointing:
            network.gradient_checkpointing_enable({"use_reentrant": False})
            network.enable_input_require_grads()
        steps = count_steps(config, len(data.train.items), processes)
        seconds = steps * _time_steps(config, base, data, network, collate, grouped=grouped)
        if data.valid.items:
            seconds += (min(config.evaluations, steps) + 3) * _time_measure(config, data, network, collate)
    return {
        "config": config,
        "facts": facts_of(config, data),
        "steps": steps,
        "memory_mb": watched.peak >> 20,
        "seconds": seconds,
    }


def facts_of(config: FinetuneConfig, data: Data) -> Facts:
    return count_facts(
        [len(item.encoded.ids) for item in data.train.items], [item.encoded.trained for item in data.train.items],
        [len(item.encoded.ids) for item in data.valid.items], batch=config.batch,
    )  # fmt: skip


def _time_steps(
    config: FinetuneConfig, base: Base, data: Data, network: Any, collate: Collate, *, grouped: bool
) -> float:
    """Seconds of an ordinary step, after the heaviest one was made."""
    items = data.train.items
    lengths = [len(item.encoded.ids) for item in items]
    heavy = (
        sorted(range(len(items)), key=lengths.__getitem__)[-config.batch :] if grouped else _heavy_order(items, config)
    )
    order = [*SeededOrder(len(items), batch=config.batch, seed=config.seed, lengths=lengths if grouped else None)]
    ordinary = [order[start : start + config.batch] for start in range(0, len(order), config.batch)][: TIMED + 1]
    optimizer = torch.optim.AdamW([weight for weight in network.parameters() if weight.requires_grad], lr=0.0)
    network.train()
    times, tokens = [], []
    for chosen in [heavy, *ordinary]:
        started = time.perf_counter()
        batch = collate([items[place].encoded for place in chosen])
        with multiplied_in(choose_numbers(config, base.device)):
            loss = summed_loss(network, {name: value.to(base.device) for name, value in batch.items()})
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if base.device.startswith("cuda"):
            torch.cuda.synchronize()
        times.append(time.perf_counter() - started)
        tokens.append(sum(lengths[place] for place in chosen))
    timed = slice(2, None) if len(times) > 2 else slice(1, None)
    rate = sum(tokens[timed]) / sum(times[timed])
    return float(config.accumulate * config.batch * sum(lengths) / len(lengths) / rate)


def _heavy_order(items: Any, config: FinetuneConfig) -> list[int]:
    """The heaviest batch of the first epochs."""
    best: list[int] = []
    for epoch in range(max(1, math.ceil(config.epochs))):
        sampler = SeededOrder(len(items), batch=config.batch, seed=config.seed)
        sampler.set_epoch(epoch)
        order = [*sampler]
        batches = [order[start : start + config.batch] for start in range(0, len(order), config.batch)]
        best = max([best, *batches], key=lambda batch: sum(len(items[place].encoded.ids) for place in batch))
    return best


def _time_measure(config: FinetuneConfig, data: Data, network: Any, collate: Collate) -> float:
    """Seconds to measure the held-out part, from a share of it."""
    part = data.valid.items[: 4 * config.batch]
    started = time.perf_counter()
    measure(network, part, collate, batch=config.batch)
    spent = time.perf_counter() - started
    whole = sum(len(item.encoded.ids) for item in data.valid.items)
    return spent * whole / max(1, sum(len(item.encoded.ids) for item in part))
