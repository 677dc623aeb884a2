"""What was learnt beside a base: a LoRA and a head, put onto the base's weights when the graph is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from ondol.bert.graph import Weights
from ondol.errors import BackendError
from ondol.model_store.store import ModelStore

DELTA = "delta.safetensors"
A, B = ".lora_A.weight", ".lora_B.weight"
Array = NDArray[np.float32]


def find_base(delta: Path, store: ModelStore) -> Path:
    """The folder of the weights that a delta belongs to; its name stands in the file.

    Raises:
        NotFound: the base is not in the store.
    """
    return store.locate(str(_about(delta).get("base", "")))


class Taught(Weights):
    """A base's tensors with the delta put on: W + scale · B A, and the delta's own beside them.

    Source: Hu et al., ICLR 2022 (LoRA), equation 3.
    """

    def __init__(self, base: Path, delta: Path) -> None:
        super().__init__(base)
        self._delta: Any = safe_open(delta, "numpy")
        self._scale = float(_about(delta).get("scale", 1.0))
        self._known = set(self._delta.keys())  # type: ignore[no-untyped-call]

    def bare(self, name: str) -> Array:
        """As `Weights.bare`; what the delta holds whole comes from there."""
        if name in self._known:
            return self._take(name)
        values = super().bare(name)
        stem = name.removeprefix(self.prefix).removesuffix(".weight")
        if f"{stem}{A}" in self._known:
            values = values + self._scale * (self._take(f"{stem}{B}") @ self._take(f"{stem}{A}"))
        return values

    def _take(self, name: str) -> Array:
        values: NDArray[Any] = self._delta.get_tensor(name)
        return values.astype(np.float32)


def _about(delta: Path) -> dict[str, str]:
    try:
        with safe_open(delta, "numpy") as file:
            return dict(file.metadata() or {})
    except Exception as error:  # safetensors raises errors of its own
        raise BackendError(
            "{path} cannot be read: {reason}", hint="Fetch or train it again.", path=delta, reason=error
        ) from error
