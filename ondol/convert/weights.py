"""Tensors of a safetensors folder, read one at a time as float32 without torch."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ondol.errors import Damaged, UnusableInput
from ondol.model_store.safetensors_file import check_weights, read_safetensors_header

Array = npt.NDArray[np.float32]
STORED: dict[str, npt.DTypeLike] = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}


@dataclass(frozen=True, slots=True)
class Weight:
    path: Path
    offset: int
    dtype: str
    shape: tuple[int, ...]


def list_weights(folder: Path, *, one: str = "model.safetensors") -> dict[str, Weight]:
    """Every tensor of the model in `folder`, by name; no bytes of them are read.

    Raises:
        NotFound, Damaged: files are missing or not whole.
        UnusableInput: they are pickles, or of a number format that is no plain float.
    """
    check_weights(folder)
    files = [folder / one] if (folder / one).is_file() else sorted(folder.glob(f"{Path(one).stem}-*.safetensors"))
    found = {name: weight for path in files for name, weight in _list_file(path).items()}
    if not found:
        raise UnusableInput(
            "{folder} holds no *.safetensors.", hint="Fetch the whole model, or name another folder.", folder=folder
        )
    return found


def _list_file(path: Path) -> dict[str, Weight]:
    tensors = read_safetensors_header(path)
    offset = path.stat().st_size - sum(tensor.bytes for tensor in tensors)
    found = {}
    for tensor in tensors:
        if tensor.dtype not in STORED:
            raise UnusableInput(
                "{path} holds {name} as {dtype}; F32, F16 and BF16 can be converted.",
                hint="Convert the model it was quantised from.", path=path, name=tensor.name, dtype=tensor.dtype,
            )  # fmt: skip
        found[tensor.name] = Weight(path, offset, tensor.dtype, tensor.shape)
        offset += tensor.bytes
    return found


def read_weight(weight: Weight) -> Array:
    """The tensor in float32; bfloat16 is the upper half of a float32."""
    count = prod(weight.shape)
    stored: npt.NDArray[Any] = np.fromfile(weight.path, STORED[weight.dtype], count=count, offset=weight.offset)
    array: Array = (
        (stored.astype(np.uint32) << 16).view(np.float32)
        if weight.dtype == "BF16"
        else stored.astype(np.float32, copy=False)
    )
    return array.reshape(weight.shape)


def permute_rows(rows: Array, heads: int) -> Array:
    """Rows of a projection, each head from two halves (transformers) to neighbours (llama.cpp).

    Args:
        rows: (heads · size, …); row i of the first half belongs to row i of the second.

    Raises:
        Damaged: they are not that many.
    """
    if rows.shape[0] % (2 * heads):
        raise Damaged(
            "{count} rows cannot be divided among {heads} heads: config.json does not fit the weights.",
            hint="Fetch the model again, or name the base that the adapter was trained on.",
            count=rows.shape[0], heads=heads,
        )  # fmt: skip
    halves = rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:])
    return halves.swapaxes(1, 2).reshape(rows.shape)
