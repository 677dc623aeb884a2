"""JSON that came with a model: an object, or an error that names the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ondol.errors import Damaged, UnusableInput


def read_object(path: Path) -> dict[str, Any]:
    """The object in a file; what its fields hold is for the caller to check.

    Infinity and NaN pass: the configs of Mamba's relatives have them.

    Raises:
        UnusableInput: the file is not there or may not be read.
        Damaged: it is not JSON, or JSON that is no object.
    """
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise UnusableInput(
            "{path} cannot be read: {reason}", hint="Check its rights.", path=path, reason=error.strerror or error
        ) from error
    except (ValueError, RecursionError) as error:
        raise damaged(path, f"it is not JSON ({str(error)[:200]})") from error
    if not isinstance(value, dict):
        raise damaged(path, "it holds no JSON object")
    return value


def read_weight_map(path: Path) -> dict[str, str]:
    """Tensor → name of the file beside the index that holds it, from a `*.index.json`.

    Raises:
        UnusableInput, Damaged: as `read_object`, or it names something else than files beside it.
    """
    rows = read_object(path).get("weight_map")
    if not isinstance(rows, dict) or not all(isinstance(name, str) for name in rows.values()):
        raise damaged(path, "it does not tell which file holds which tensor")
    for name in set(rows.values()):
        if name in ("", ".", "..") or any(mark in name for mark in "/\\\0"):
            raise damaged(path, f"{name[:80]!r} is no name of a file beside it")
    return rows


def damaged(path: Path, reason: str) -> Damaged:
    return Damaged(
        "The model file {path} is damaged: {reason}.",
        hint="Delete it and fetch it again: ondol models rm NAME, then ondol models pull NAME",
        path=path, reason=reason,
    )  # fmt: skip
