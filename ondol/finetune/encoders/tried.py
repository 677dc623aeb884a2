"""A plan for an encoder: some steps of the very run, in a folder that is thrown away."""

from __future__ import annotations

import math
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from ondol.finetune import RUNS
from ondol.finetune.config import FinetuneConfig
from ondol.fit.bench import watch
from ondol.model_store.store import ModelStore
from ondol.progress import Silent
from ondol.registry import resolve

STEPS = 3


def try_run(config: FinetuneConfig, *, store: ModelStore) -> dict[str, Any]:
    """`trainable`, `steps` and `tokens` of the whole run, `memory_mb` at the peak, `seconds`."""
    run = resolve("ondol.finetune", RUNS, config.kind, what="kind of model to train")
    with tempfile.TemporaryDirectory() as folder, watch() as watched:
        short = replace(config, name="tried", max_steps=STEPS, evaluations=1, patience=0)
        about = run(short, store=store, folder=Path(folder) / "tried", progress=Silent())
    made = max(1, about.get("steps") or 1)
    examples = about.get("windows") or about["examples"]
    steps = config.max_steps or math.ceil(config.epochs * math.ceil(examples / config.batch))
    many = steps / made if about.get("steps") else 1.0
    return {
        "trainable": about["trainable"], "steps": steps, "tokens": round((about.get("tokens") or 0) * many),
        "memory_mb": watched.peak >> 20, "seconds": (about.get("seconds") or 0.0) * many,
    }  # fmt: skip
