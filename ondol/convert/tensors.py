"""Which tensors a GGUF holds, in what shape and number format, and how each is made from transformers' own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Kind

from ondol.convert.architectures import Architecture
from ondol.convert.config import heads, is_tied, need
from ondol.convert.metadata import rope_tensors
from ondol.convert.weights import Array, Weight, permute_rows, read_weight
from ondol.errors import Damaged, UnusableInput, UsageError

DTYPES = {"f32": Kind.F32, "f16": Kind.F16, "bf16": Kind.BF16, "q8_0": Kind.Q8_0, "q4_0": Kind.Q4_0}
EMBEDDING, OUTPUT = "model.embed_tokens.weight", "lm_head.weight"
LARGEST_HALF = 65504.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    name: str
    shape: tuple[int, ...]
    kind: Kind
    read: Callable[[], Array]

    @property
    def bytes(self) -> int:
        block, size = gguf.GGML_QUANT_SIZES[self.kind]
        return prod(self.shape) // int(block) * int(size)


def plan_tensors(
    config: dict[str, Any], architecture: Architecture, weights: dict[str, Weight], *, dtype: str
) -> list[Row]:
    """Every tensor of the file, in its order.

    Raises:
        UsageError: no such dtype.
        Damaged: the folder lacks a tensor.
        UnusableInput: it has one that llama.cpp has no place for.
    """
    if dtype not in DTYPES:
        raise UsageError("There is no dtype '{dtype}'.", hint="Known: {known}.", dtype=dtype, known=", ".join(DTYPES))
    tied = is_tied(config, architecture)
    blocks = int(need(config, "num_hidden_layers"))
    own = {name: weight for name, weight in weights.items() if not (tied and name == OUTPUT)}
    names = gguf.get_tensor_name_map(find_arch(architecture), blocks)
    check_complete(own, architecture, blocks, tied=tied)
    rows = [
        Row(name=name, shape=array.shape, kind=Kind.F32, read=partial(np.asarray, array))
        for name, array in rope_tensors(config).items()
    ]
    for name, weight in own.items():
        if name.endswith("rotary_emb.inv_freq"):
            continue
        found = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if not found:
            raise UnusableInput(
                "llama.cpp has no place for the tensor {name} of {kind}.",
                hint="ondol opens the folder itself: hf:PATH", name=name, kind=architecture.name,
            )  # fmt: skip
        read = partial(read_tensor, name, weight, config, architecture=architecture)
        rows.append(Row(name=found, shape=weight.shape, kind=choose_kind(name, weight.shape, DTYPES[dtype]), read=read))
    return rows


def find_arch(architecture: Architecture) -> Any:
    return next(arch for arch, name in gguf.MODEL_ARCH_NAMES.items() if name == architecture.name)


def check_complete(weights: dict[str, Weight], architecture: Architecture, blocks: int, *, tied: bool) -> None:
    needed = {f"model.layers.{block}.{name}" for block in range(blocks) for name in architecture.block}
    needed |= {EMBEDDING, "model.norm.weight"} | (set() if tied else {OUTPUT})
    lacking = sorted(needed - set(weights))
    if lacking:
        raise Damaged(
            "The model lacks {count} of its tensors, {first} among them.", hint="Fetch the whole model again.",
            count=len(lacking), first=lacking[0],
        )  # fmt: skip


def choose_kind(name: str, shape: tuple[int, ...], wanted: Kind) -> Kind:
    """Vectors stay exact, as everywhere; rows that do not divide into blocks of 32 are kept as halves.

    With 4 bits the table of the vocabulary has 8, as in llama.cpp's own files, whose 6 bits gguf-py cannot write.
    """
    if len(shape) < 2:
        return Kind.F32
    if wanted in (Kind.Q8_0, Kind.Q4_0) and shape[-1] % 32:
        return Kind.F16
    return Kind.Q8_0 if wanted is Kind.Q4_0 and name in (EMBEDDING, OUTPUT) else wanted


def read_tensor(name: str, weight: Weight, config: dict[str, Any], *, architecture: Architecture) -> Array:
    array = read_weight(weight)
    queries, keys = heads(config)
    if architecture.norm_offset and name.endswith("norm.weight"):
        return array + np.float32(architecture.norm_offset)
    if architecture.permuted and ".q_proj." in name:
        return permute_rows(array, queries)
    if architecture.permuted and ".k_proj." in name:
        return permute_rows(array, keys)
    return array


def encode(row: Row) -> Any:
    """The bytes of a tensor in its number format.

    Raises:
        UnusableInput: a value is too large for it.
    """
    array = row.read()
    if row.kind is Kind.F16 and max(float(array.max()), -float(array.min())) > LARGEST_HALF:
        raise UnusableInput("{name} holds values too large for f16.", hint="Convert with --dtype bf16.", name=row.name)
    return gguf.quants.quantize(np.ascontiguousarray(array), row.kind)
