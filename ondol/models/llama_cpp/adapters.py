"""LoRA adapters of a llama.cpp model, by name, with a scale for every call."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ondol.errors import NotFound, UsageError


class Adapters:
    """Names → the numbers that the server gave them; a name is what was given, or the file's name without `.gguf`."""

    def __init__(self, scales: Mapping[str, float]) -> None:
        self.paths = [Path(name).expanduser() for name in scales]
        self._scales = [_check(name, scale) for name, scale in scales.items()]
        self._numbers = {name: i for i, path in enumerate(self.paths) for name in (path.stem, str(path))}
        self._numbers |= {name: i for i, name in enumerate(scales)}

    @property
    def with_scales(self) -> tuple[tuple[Path, float], ...]:
        return tuple(zip(self.paths, self._scales, strict=True))

    def request(self, lora: Mapping[str, float] | None) -> dict[str, Any]:
        """What a request says of them; adapters that `lora` does not name keep the scale they were opened with.

        Raises:
            NotFound: a name that no adapter has.
        """
        scales = list(self._scales)
        for name, scale in (lora or {}).items():
            if name not in self._numbers:
                raise NotFound(
                    "The model has no adapter '{name}'.", hint="It has: {known}.", name=name,
                    known=", ".join(path.stem for path in self.paths) or "none",
                )  # fmt: skip
            scales[self._numbers[name]] = _check(name, scale)
        return {"lora": [{"id": i, "scale": scale} for i, scale in enumerate(scales)]} if scales else {}


def _check(name: str, scale: float) -> float:
    if isinstance(scale, bool) or not isinstance(scale, int | float) or not math.isfinite(scale):
        raise UsageError(
            "The adapter '{name}' cannot have the scale {scale!r}.", hint="1 is as it was trained, 0 switches it off.",
            name=name, scale=scale,
        )  # fmt: skip
    return float(scale)
