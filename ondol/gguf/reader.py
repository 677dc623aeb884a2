"""GGUF's bytes → keys and tensors, believing nothing that the file says about itself.

Every count and offset is held against the bytes that are there before it is followed, so a hostile header costs no
more time and memory than an honest one of its size.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from math import prod
from typing import Any

NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
TEXT, ARRAY = 8, 9
# tensor type → (weights, bytes) of one block. Source: GGML_QUANT_SIZES of gguf-py
BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 40),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292), 16: (256, 66),
    17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82), 23: (256, 136),
    24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54),
    35: (256, 66), 39: (32, 17), 40: (64, 36), 41: (128, 18),
}  # fmt: skip
LARGEST_HEADER = 2**26
"""A vocabulary of 262,144 pieces with its merges makes 15 MB."""
MOST_ROWS = 2**17
"""Keys, or tensors; the largest mixtures of experts have some thousand."""
DEEPEST_ARRAY = 4
MOST_DIMENSIONS = 4


class Malformed(Exception):
    """What is wrong with the header."""


class UnknownType(Exception):
    """A tensor's type that is none of ggml's."""


@dataclass(frozen=True, slots=True)
class Tensor:
    name: str
    shape: tuple[int, ...]
    """As the file has it: the fastest dimension first."""
    type: int
    """ggml's number, 0 for F32."""
    bytes: int


class Reader:
    """Reads little-endian values one after the other; past the end is Malformed."""

    def __init__(self, data: mmap.mmap | bytes) -> None:
        self.data = data
        self.at = 0
        self.end = min(len(data), LARGEST_HEADER)

    def need(self, count: int, size: int = 1) -> None:
        if count * size > self.end - self.at:
            raise Malformed("it ends too early or claims more than there is")

    def number(self, code: str) -> Any:
        self.need(struct.calcsize(f"<{code}"))
        (value,) = struct.unpack_from(f"<{code}", self.data, self.at)
        self.at += struct.calcsize(f"<{code}")
        return value

    def texts(self, count: int) -> list[bytes]:
        """`count` texts; a vocabulary has 262,144, so no call per text."""
        self.need(count, 8)
        data, at, last, found = self.data, self.at, self.end, []
        for _ in range(count):
            end = at + 8 + int.from_bytes(data[at : at + 8], "little")
            if end > last:
                raise Malformed("a text ends behind the end")
            found.append(data[at + 8 : end])
            at = end
        self.at = at
        return found

    def text(self) -> str:
        return self.texts(1)[0].decode("utf-8", "replace")

    def value(self, kind: int, depth: int = 0) -> Any:
        if kind == TEXT:
            return self.text()
        if kind == ARRAY:
            return self._array(depth + 1)
        if kind not in NUMBERS:
            raise Malformed(f"a value of kind {kind}")
        return self.number(NUMBERS[kind])

    def _array(self, depth: int) -> Any:
        item, count = self.number("I"), self.number("Q")
        if depth > DEEPEST_ARRAY:
            raise Malformed(f"arrays within arrays, more than {DEEPEST_ARRAY} deep")
        if item == TEXT:
            return self.texts(count)
        if item == ARRAY:
            self.need(count, 12)
            return [self._array(depth + 1) for _ in range(count)]
        if item not in NUMBERS:
            raise Malformed(f"an array of kind {item}")
        code = f"<{count}{NUMBERS[item]}"
        self.need(count, struct.calcsize(f"<{NUMBERS[item]}"))
        values = struct.unpack_from(code, self.data, self.at)
        self.at += struct.calcsize(code)
        return values


def read_rows(data: mmap.mmap | bytes) -> tuple[dict[str, Any], list[Tensor]]:
    """Keys with their values, and the tensors, of one file behind its eight bytes of magic and version.

    Raises:
        Malformed: with the reason.
        UnknownType: the number of the type.
    """
    reader = Reader(data)
    reader.at = 8
    tensors, keys = reader.number("Q"), reader.number("Q")
    if max(tensors, keys) > MOST_ROWS:
        raise Malformed(f"it claims {tensors} tensors and {keys} keys")
    rows: dict[str, Any] = {}
    for _ in range(keys):
        name = reader.text()
        if name in rows:
            raise Malformed(f"the key {name[:80]!r} stands in it twice")
        rows[name] = reader.value(reader.number("I"))
    align = rows.get("general.alignment", 32)
    if not isinstance(align, int) or not 1 <= align <= 2**20 or align & (align - 1):
        raise Malformed("its alignment is no power of two")
    placed = [_read_tensor(reader, align) for _ in range(tensors)]
    _check_places(placed, -(-reader.at // align) * align, len(data))
    return rows, [tensor for _, tensor in placed]


def _read_tensor(reader: Reader, align: int) -> tuple[int, Tensor]:
    """Its offset behind the header, and the tensor."""
    name, dimensions = reader.text(), reader.number("I")
    if dimensions > MOST_DIMENSIONS:
        raise Malformed(f"the tensor {name[:80]!r} has {dimensions} dimensions")
    shape = tuple(reader.number("Q") for _ in range(dimensions))
    kind, offset = reader.number("I"), reader.number("Q")
    if kind not in BLOCKS:
        raise UnknownType(kind)
    weights, size = BLOCKS[kind]
    if offset % align or (shape[0] if shape else 1) % weights:
        raise Malformed(f"the tensor {name[:80]!r} does not start or end on a block")
    return offset, Tensor(name, shape, kind, prod(shape) // weights * size)


def _check_places(placed: list[tuple[int, Tensor]], start: int, size: int) -> None:
    if len({tensor.name for _, tensor in placed}) < len(placed):
        raise Malformed("a tensor stands in it twice")
    end = 0
    for offset, tensor in sorted(placed, key=lambda row: (row[0], row[1].bytes)):
        if offset < end:
            raise Malformed(f"the tensor {tensor.name[:80]!r} lies over another")
        end = offset + tensor.bytes
    if placed and start + end > size:
        raise CutOff(start + end)


class CutOff(Malformed):
    """The header is whole; the bytes that the file would need."""

    @property
    def needed(self) -> int:
        return int(self.args[0])
