"""Weights that may be loaded: safetensors whose header holds together, and nothing that runs code on loading.

Source: github.com/huggingface/safetensors (format)
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from ondol.errors import BackendError, NotFound, UnusableInput
from ondol.model_store.json_file import damaged, read_weight_map

PICKLES = frozenset({".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt"})
LARGEST_HEADER = 100_000_000
"""The format's own limit."""
BITS = {
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32,
    "F64": 64, "I64": 64, "U64": 64, "C64": 64,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SafeTensor:
    name: str
    dtype: str
    shape: tuple[int, ...]
    bytes: int


def check_weights(path: Path) -> None:
    """Refuse a file, or a folder of weights, that cannot be loaded safely and whole.

    A pickle beside safetensors or GGUF is never opened, so it is no reason; one that stands alone is.

    Raises:
        NotFound: there is nothing.
        UnusableInput: the weights are pickles, which run code when they are read.
        Damaged: a safetensors file, or one that its index names, is not whole.
    """
    if not path.exists():
        raise NotFound("There is no model at {path}.", hint="Known names: ondol models list", path=path)
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    pickles = [file for file in files if file.suffix.lower() in PICKLES]
    if pickles and not any(file.suffix.lower() in (".safetensors", ".gguf") for file in files):
        raise UnusableInput(
            "{path} is a pickle: reading it can run any code, so ondol never opens it.",
            hint="Take the model as .safetensors or .gguf; most repositories hold both.", path=pickles[0],
        )  # fmt: skip
    for file in files:
        if file.suffix.lower() == ".safetensors":
            read_safetensors_header(file)
        elif file.name.endswith(".safetensors.index.json"):
            _check_index(file)


def read_safetensors_header(path: Path) -> tuple[SafeTensor, ...]:
    """The tensors of a file, in the order of their bytes; the weights are not read.

    Raises:
        NotFound: there is no such file.
        Damaged: the header contradicts itself or the file's size.
    """
    if not path.is_file():
        raise NotFound("There is no model file {path}.", hint="See: ondol models list", path=path)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(size - 8, LARGEST_HEADER):
                raise damaged(path, f"its header claims {length} bytes and the file has {size}")
            rows = json.loads(file.read(length), object_pairs_hook=_refuse_twice)
        return _read_rows(rows, size - 8 - length)
    except OSError as error:
        raise BackendError(
            "{path} cannot be read: {reason}", hint="Check its rights.", path=path, reason=error.strerror or error
        ) from error
    except (ValueError, RecursionError) as error:
        raise damaged(path, f"its header cannot be read: {str(error)[:200]}") from error


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    rows = dict(pairs)
    if len(rows) < len(pairs):
        raise ValueError("a name stands in it twice")
    return rows


def _read_rows(rows: Any, room: int) -> tuple[SafeTensor, ...]:
    if not isinstance(rows, dict):
        raise ValueError("it is no table of tensors")
    found = [_read_row(name, row) for name, row in rows.items() if name != "__metadata__"]
    end = 0
    for start, tensor in sorted(found, key=lambda row: (row[0], row[1].bytes)):
        if start != end:
            raise ValueError(f"{tensor.name[:80]!r} does not begin where the tensor before it ends")
        end += tensor.bytes
    if end != room:
        raise ValueError(f"its tensors take {end} bytes and {room} are there")
    return tuple(tensor for _, tensor in sorted(found, key=lambda row: row[0]))


def _read_row(name: str, row: Any) -> tuple[int, SafeTensor]:
    """Where it begins, and the tensor."""
    try:
        dtype, shape, (start, end) = row["dtype"], row["shape"], row["data_offsets"]
        bits = BITS[dtype]
        if not all(type(number) is int and 0 <= number < 2**63 for number in (*shape, start, end)) or len(shape) > 32:
            raise ValueError(f"{name[:80]!r} has numbers that no tensor has")
    except (KeyError, TypeError) as error:
        raise ValueError(f"{name[:80]!r} is described by nothing that is known") from error
    if (end - start) * 8 != prod(shape) * bits:
        raise ValueError(f"{name[:80]!r} has another number of bytes than its shape")
    return start, SafeTensor(name, dtype, tuple(shape), end - start)


def _check_index(path: Path) -> None:
    for name in sorted(set(read_weight_map(path).values())):
        if not (path.parent / name).is_file():
            raise damaged(path, f"the file {name[:80]} that it names is missing")
