"""Which way a run is planned, and the plan kept beside the run for comparison."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from ondol.device import memory_mb
from ondol.errors import MissingExtra, NotFound
from ondol.finetune import PROBES
from ondol.finetune.config import FinetuneConfig
from ondol.finetune.data import split_data
from ondol.finetune.examples import Example
from ondol.finetune.folder import adapters_home
from ondol.finetune.plan import CHARACTERS, ROOM, Facts, Plan, count_facts, make_plan
from ondol.finetune.small_batches import suit_batch
from ondol.fit.machine import measure_machine
from ondol.fit.report import SYSTEM
from ondol.fit.shape_sources import find_shape
from ondol.lang import detect_language
from ondol.model_store.manifest import write_atomic
from ondol.model_store.store import ModelStore
from ondol.registry import resolve, split_spec

PLAN = "plan.json"


def plan_run(config: FinetuneConfig, *, store: ModelStore, home: Path, memory_gb: float) -> dict[str, Any]:
    """The plan as JSON; one that has a name is kept in the run's folder."""
    if config.kind != "chat":
        return _keep(config, home, _plan_encoder(config, store))
    _, name = split_spec(config.base, what="base", example="llama.cpp:gemma-3-270m")
    shape = find_shape(name, store)
    machine = measure_machine(home)
    free = round(memory_gb * 1000 * SYSTEM) if memory_gb else memory_mb()[1]
    device = _device(config) if not memory_gb else "cpu"
    suited, facts = guess_facts(config, device)
    plan = make_plan(suited, shape, facts, machine, steps=_steps(suited, facts), free_mb=free, device=device)
    if not memory_gb and plan.fits and _is_here(name, store):
        plan = _tried(config, shape, machine, store=store, free_mb=free, device=device) or plan
    return _keep(config, home, plan, kept=not memory_gb)


def _plan_encoder(config: FinetuneConfig, store: ModelStore) -> Plan:
    """Encoders are small: some steps are always tried."""
    found = resolve("ondol.finetune", PROBES, "encoder", what="kind of model to train")(config, store=store)
    free = memory_mb()[1]
    return Plan(
        source="probe", method=config.method, parts_mb={}, free_mb=free, fits=found["memory_mb"] <= ROOM * free,
        change="", change_memory_mb=0, **found,
    )  # fmt: skip


def _keep(config: FinetuneConfig, home: Path, plan: Plan, *, kept: bool = True) -> dict[str, Any]:
    row = {"name": config.name, "base": config.base, **plan.to_json()}
    if kept and config.name != "–":
        folder = adapters_home(home) / config.name
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(folder / PLAN, json.dumps(row, indent=1).encode())
    return row


def read_plan(folder: Path) -> dict[str, Any] | None:
    """What was planned for the run in `folder`; None where nothing was."""
    try:
        row = json.loads((folder / PLAN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return row if isinstance(row, dict) else None


def _tried(
    config: FinetuneConfig, shape: Any, machine: Any, *, store: ModelStore, free_mb: int, device: str
) -> Plan | None:
    """With a step made for real; None where the packages for it are not installed."""
    try:
        probe = resolve("ondol.finetune", PROBES, config.kind, what="kind of model to train")
    except MissingExtra:
        return None
    found = probe(config, store=store)
    tried = (found["memory_mb"], found["seconds"])
    return make_plan(
        found["config"],
        shape,
        found["facts"],
        machine,
        steps=found["steps"],
        free_mb=free_mb,
        device=device,
        tried=tried,
    )


def guess_facts(config: FinetuneConfig, device: str) -> tuple[FinetuneConfig, Facts]:
    """The run as it would be made; tokens by the number of letters, where no tokenizer need be here."""
    split, _, _ = split_data(config)
    sizes = [_guess(example) for example in split.train]
    lengths = [min(whole, config.max_tokens) for whole, _ in sizes]
    config = suit_batch(config, lengths, device)
    held = [_guess(example)[0] for example in split.valid]
    return config, count_facts(lengths, [learnt for _, learnt in sizes], held, batch=config.batch)


def _guess(example: Example) -> tuple[int, int]:
    """Tokens of the example, and of its answers."""
    texts = [(turn["content"], turn["role"] == "assistant") for turn in example.turns] or [(example.text, True)]
    counted = [(math.ceil(len(text) / CHARACTERS[detect_language(text)]) + 4, learnt) for text, learnt in texts]
    return sum(count for count, _ in counted), sum(count for count, learnt in counted if learnt)


def _steps(config: FinetuneConfig, facts: Facts) -> int:
    each = config.batch * config.accumulate
    return config.max_steps or max(1, math.ceil(config.epochs * math.ceil(facts.examples / each)))


def _is_here(name: str, store: ModelStore) -> bool:
    try:
        return store.locate(name).exists()
    except NotFound:
        return False


def _device(config: FinetuneConfig) -> str:
    return config.device or "cpu"
