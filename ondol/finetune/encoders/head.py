"""A classifier that is there already: an embedder, and one linear layer behind it. No torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from ondol.embeddings.onnx import open_onnx
from ondol.errors import BackendError
from ondol.finetune.folder import MODEL
from ondol.model_store.store import ModelStore

HEAD, LABELS = "head.safetensors", "labels.json"
Numbers = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Label:
    label: str
    probability: float


def save_head(folder: Path, weight: Numbers, bias: Numbers, labels: Sequence[str], *, base: str) -> None:
    """Write the layer, (labels, H) and (labels,), and what its rows mean; `base` embeds where no model lies here."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({"weight": np.ascontiguousarray(weight, np.float32), "bias": bias.astype(np.float32)}, folder / HEAD)
    text = json.dumps({"labels": list(labels), "base": base}, ensure_ascii=False, indent=1)
    (folder / LABELS).write_text(text + "\n", encoding="utf-8")


def predict(folder: Path, texts: Sequence[str], *, store: ModelStore, threads: int = 0) -> list[Label]:
    """The likeliest label of every text.

    Raises:
        BackendError: the folder holds no classifier.
    """
    try:
        about: dict[str, Any] = json.loads((folder / LABELS).read_text(encoding="utf-8"))
        head, labels, base = load_file(folder / HEAD), about["labels"], about["base"]
        weight, bias = head["weight"], head["bias"]
    except Exception as error:  # safetensors raises errors of its own
        raise BackendError(
            "{folder} holds no classifier that can be read: {reason}.",
            hint="Train one with: ondol finetune --kind classifier", folder=folder, reason=error,
        ) from error  # fmt: skip
    name = str((folder / MODEL).resolve()) if (folder / MODEL).is_dir() else base.partition(":")[2]
    vectors = open_onnx(name, store=store, threads=threads).embed_array(texts, "query")
    chances = probabilities(vectors @ weight.T + bias)
    return [Label(labels[row.argmax()], float(row.max())) for row in chances]


def probabilities(logits: NDArray[Any]) -> Numbers:
    """Softmax of rows."""
    powers = np.exp(logits - logits.max(1, keepdims=True))
    chances: Numbers = (powers / powers.sum(1, keepdims=True)).astype(np.float32)
    return chances
