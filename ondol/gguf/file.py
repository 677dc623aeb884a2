"""What a GGUF file says about itself, and whether its bytes are all there.

llama.cpp refuses a bad file without a reason, so the reason is found here first.
Source: github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from ondol.errors import Damaged, NotFound, UnusableInput

NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
TEXT, ARRAY = 8, 9
CONTROL, USER_DEFINED = 3, 4
# tensor type → (weights, bytes) of one block: F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K … Q6_K, BF16
BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 10: (256, 84),
    11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 30: (1, 2),
}  # fmt: skip
# llama.cpp ends a text at these also where the file calls them ordinary (gemma's </s>). Source: llama-vocab.cpp
ALWAYS_CONTROL = frozenset({
    "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<end_of_turn>", "<eos>",
    "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<｜end▁of▁sentence｜>", "<turn|>",
    "<|end_of_text|>", "<end_of_utterance>", "<|tool_response>",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufFile:
    architecture: str
    context: int
    """Tokens the model was trained to see at once; 0 when the file does not tell."""
    chat_template: str
    """Jinja; empty for a base model."""
    control_tokens: frozenset[str]
    """What must not stand in a text as it is: it would end the text or change who speaks."""


class Reader:
    """Reads little-endian values one after the other; past the end is struct.error or IndexError."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.at = 0

    def number(self, code: str) -> Any:
        (value,) = struct.unpack_from(f"<{code}", self.data, self.at)
        self.at += struct.calcsize(f"<{code}")
        return value

    def texts(self, count: int) -> list[bytes]:
        """`count` texts; a vocabulary has 262,144, so no call per text."""
        data, at, found = self.data, self.at, []
        for _ in range(count):
            end = at + 8 + int.from_bytes(data[at : at + 8], "little")
            found.append(data[at + 8 : end])
            at = end
        if at > len(data):
            raise IndexError(at)
        self.at = at
        return found

    def value(self, kind: int) -> Any:
        if kind == TEXT:
            return self.texts(1)[0].decode("utf-8", "replace")
        if kind == ARRAY:
            item, count = self.number("I"), self.number("Q")
            if item == TEXT:
                return self.texts(count)
            if item == ARRAY:
                return [self.value(ARRAY) for _ in range(count)]
            values = struct.unpack_from(f"<{count}{NUMBERS[item]}", self.data, self.at)
            self.at += struct.calcsize(f"<{count}{NUMBERS[item]}")
            return values
        return self.number(NUMBERS[kind])


def read_gguf(path: Path) -> GgufFile:
    """Read the header of the file at `path`.

    Raises:
        NotFound: there is no such file.
        UnusableInput: it is something else than GGUF version 2 or 3.
        Damaged: bytes are missing.
    """
    if not path.is_file():
        raise NotFound("There is no model file {path}.", hint="See: ondol models list", path=path)
    with path.open("rb") as file:
        start = file.read(8)
        if start[:4] != b"GGUF" or start[4:] not in (b"\x02\0\0\0", b"\x03\0\0\0"):
            raise UnusableInput(
                "{path} is not a GGUF file that llama.cpp reads (versions 2 and 3); it starts with {start}.",
                hint="Give a model in GGUF format, or pull one: ondol models list",
                path=path, start=start,
            )  # fmt: skip
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                rows, needed = _read_header(Reader(data))
            except (struct.error, IndexError, KeyError, OverflowError, MemoryError) as error:
                raise _damaged(path, "its header cannot be read") from error
            if needed > len(data):
                raise _damaged(path, f"it has {len(data)} bytes and needs {needed}")
    return _describe(rows)


def _read_header(reader: Reader) -> tuple[dict[str, Any], int]:
    """Keys and values, and the bytes that the whole file must have."""
    reader.at = 8
    tensors, keys = reader.number("Q"), reader.number("Q")
    rows: dict[str, Any] = {}
    for _ in range(keys):
        name = reader.value(TEXT)
        rows[name] = reader.value(reader.number("I"))
    last = 0
    for _ in range(tensors):
        reader.texts(1)
        shape = [reader.number("Q") for _ in range(reader.number("I"))]
        kind, offset = reader.number("I"), reader.number("Q")
        weights, size = BLOCKS.get(kind, (1, 0))
        last = max(last, offset + prod(shape) // weights * size)
    align = rows.get("general.alignment", 32)
    return rows, -(-reader.at // align) * align + last


def _describe(rows: dict[str, Any]) -> GgufFile:
    architecture = rows.get("general.architecture", "")
    pairs = zip(rows.get("tokenizer.ggml.tokens", ()), rows.get("tokenizer.ggml.token_type", ()), strict=False)
    special = [(token.decode("utf-8", "replace"), kind) for token, kind in pairs if kind in (CONTROL, USER_DEFINED)]
    return GgufFile(
        architecture=architecture,
        context=rows.get(f"{architecture}.context_length", 0),
        chat_template=rows.get("tokenizer.chat_template", ""),
        control_tokens=frozenset(token for token, kind in special if kind == CONTROL or token in ALWAYS_CONTROL),
    )


def _damaged(path: Path, reason: str) -> Damaged:
    return Damaged(
        "The model file {path} is damaged: {reason}.",
        hint="Delete it and fetch it again: ondol models rm NAME, then ondol models pull NAME",
        path=path, reason=reason,
    )  # fmt: skip
