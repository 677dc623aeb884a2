"""What a run of an encoder says about itself: `run.json`, figures with intervals, the verdict."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ondol.finetune.config import FinetuneConfig
from ondol.finetune.encoders.columns import Part
from ondol.finetune.folder import HELD_OUT, versions_of
from ondol.model_store.manifest import write_atomic
from ondol.scoring.statistics import compare, estimate_mean

PACKAGES = ("ondol", "torch", "transformers", "peft", "accelerate", "scikit-learn", "onnxruntime")


def describe(
    config: FinetuneConfig, part: Part[Any], *, base_folder: str, device: str, trainable: int
) -> dict[str, Any]:
    return {
        "name": config.name, "kind": config.kind, "method": config.method, "base": config.base, "status": "training",
        "config": config.to_json(), "base_folder": base_folder, "device": device, "dtype": "float32",
        "template_sha256": "", "data_sha256": part.data_sha256, "valid_sha256": part.valid_sha256,
        "examples": len(part.train), "held_out": len(part.valid), "left_out": part.left_out[:100],
        "trainable": trainable, "seed": config.seed, "versions": versions_of(PACKAGES),
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }  # fmt: skip


def figures(rows: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    """Metric → [mean, low, high] of one number per held-out row; metrics without rows are left out."""
    return {name: estimate_mean(values).to_json() for name, values in rows.items() if len(values)}


def verdict(before: Sequence[float], after: Sequence[float]) -> dict[str, Any]:
    """The paired difference with its interval, and what it shows about the taught model."""
    if not len(after):
        return {}
    found = compare("taught", "base", "", after, before)
    return {"difference": found.difference.to_json(), "verdict": found.verdict}


def write_held_out(folder: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """One line for each held-out row: what was asked, and what came out before and after."""
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    write_atomic(folder / HELD_OUT, lines.encode("utf-8", "surrogatepass"))


def finished() -> dict[str, str]:
    return {"status": "done", "finished": time.strftime("%Y-%m-%dT%H:%M:%S%z")}
