"""What a run of an encoder says about itself: `run.json`, figures with intervals, the verdict."""

from __future__ import annotations

import importlib.metadata
import json
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ondol.finetune.config import FinetuneConfig
from ondol.finetune.encoders.columns import Part
from ondol.finetune.folder import HELD_OUT
from ondol.model_store.manifest import write_atomic

PACKAGES = ("ondol", "torch", "transformers", "peft", "accelerate", "scikit-learn", "onnxruntime")
RESAMPLES = 2000
FEWEST = 6
"""Rows that must differ before a verdict is given."""
Places = NDArray[np.int64]


def describe(
    config: FinetuneConfig, part: Part[Any], *, base_folder: str, device: str, trainable: int
) -> dict[str, Any]:
    return {
        "name": config.name, "kind": config.kind, "method": config.method, "base": config.base, "status": "training",
        "config": config.to_json(), "base_folder": base_folder, "device": device, "dtype": "float32",
        "template_sha256": "", "data_sha256": part.data_sha256, "valid_sha256": part.valid_sha256,
        "examples": len(part.train), "held_out": len(part.valid), "left_out": part.left_out[:100],
        "trainable": trainable, "seed": config.seed, "versions": {name: _version(name) for name in PACKAGES},
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }  # fmt: skip


def interval(count: int, statistic: Callable[[Places], float], *, seed: int = 13) -> list[float]:
    """[value, low, high]: a statistic of `count` rows, and its 95 % bootstrap interval over them."""
    rng = np.random.default_rng(seed)
    drawn = [statistic(rng.integers(count, size=count)) for _ in range(RESAMPLES)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return [round(float(number), 6) for number in (statistic(np.arange(count)), low, high)]


def figures(rows: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    """Metric → mean with interval, of one number per held-out row; metrics without rows are left out."""
    made = {}
    for name, values in rows.items():
        numbers = np.asarray(values, np.float64)
        if len(numbers):
            made[name] = interval(len(numbers), partial(_mean, numbers))
    return made


def verdict(before: Sequence[float], after: Sequence[float]) -> dict[str, Any]:
    """The paired difference with its interval, and what it shows about the taught model."""
    difference = np.asarray(after, np.float64) - np.asarray(before, np.float64)
    if not len(difference):
        return {}
    value, low, high = interval(len(difference), partial(_mean, difference))
    shown = np.count_nonzero(np.abs(difference) > 1e-12) >= FEWEST
    word = "better" if shown and low > 0 else "worse" if shown and high < 0 else "no difference shown"
    return {"difference": [value, low, high], "verdict": word}


def write_held_out(folder: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """One line for each held-out row: what was asked, and what came out before and after."""
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    write_atomic(folder / HELD_OUT, lines.encode("utf-8", "surrogatepass"))


def finished() -> dict[str, str]:
    return {"status": "done", "finished": time.strftime("%Y-%m-%dT%H:%M:%S%z")}


def _mean(numbers: NDArray[np.float64], places: Places) -> float:
    return float(numbers[places].mean())


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
