"""What a GGUF file says about itself, and whether its bytes are all there.

llama.cpp refuses a bad file without a reason, so the reason is found here first.
Source: github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import mmap
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ondol.errors import BackendError, Damaged, NotFound, UnusableInput
from ondol.gguf.reader import CutOff, Malformed, Tensor, UnknownType, read_rows

CONTROL, USER_DEFINED = 3, 4
PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$")
LONGEST_ROW = 4096
"""Arrays longer than this are vocabularies; those with a number per layer have some hundred."""
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


@dataclass(frozen=True, slots=True)
class GgufHeader:
    metadata: dict[str, Any]
    """Keys and values of the first part, without arrays as long as a vocabulary."""
    tensors: tuple[Tensor, ...]
    """Of all parts."""


def read_gguf(path: Path) -> GgufFile:
    """Read the header of the file at `path`, or of all its parts where the name ends in `-00001-of-00003.gguf`.

    Raises:
        NotFound: there is no such file.
        UnusableInput: it is something else than GGUF version 2 or 3, or of a type that no llama.cpp reads.
        Damaged: bytes or parts are missing, or the header contradicts itself.
    """
    rows, _ = _read_parts(path)
    return _describe(rows)


def read_gguf_header(path: Path) -> GgufHeader:
    """Keys and tensors, for those who count bytes; raises as `read_gguf`."""
    rows, tensors = _read_parts(path)
    short = {name: row for name, row in rows.items() if not isinstance(row, list | tuple) or len(row) <= LONGEST_ROW}
    return GgufHeader(short, tuple(tensors))


def read_vocabulary(path: Path) -> list[str]:
    """The tokenizer's pieces by their ids, empty where there are none; raises as `read_gguf`."""
    pieces = _read_parts(path)[0].get("tokenizer.ggml.tokens")
    return [piece.decode("utf-8", "replace") for piece in pieces or () if isinstance(piece, bytes)]


def list_parts(path: Path) -> list[Path]:
    """The file itself, or the names of all parts of the one it belongs to, whether they exist or not."""
    split = PART.search(path.name)
    if not split:
        return [path]
    start, count = path.name[: split.start()], int(split[2])
    return [path.with_name(f"{start}-{number:05}-of-{count:05}.gguf") for number in range(1, count + 1)]


def _read_parts(path: Path) -> tuple[dict[str, Any], list[Tensor]]:
    if not path.is_file():
        raise NotFound("There is no model file {path}.", hint="See: ondol models list", path=path)
    first: dict[str, Any] = {}
    tensors: list[Tensor] = []
    for number, part in enumerate(list_parts(path)):
        if not part.is_file():
            raise _damaged(path, f"its part {part.name} is missing")
        rows, found = _read_one(part)
        first = first if number else rows
        tensors += found
    return first, tensors


def _read_one(path: Path) -> tuple[dict[str, Any], list[Tensor]]:
    try:
        with path.open("rb") as file:
            start = file.read(8)
            if start[:4] != b"GGUF" or start[4:] not in (b"\x02\0\0\0", b"\x03\0\0\0"):
                raise UnusableInput(
                    "{path} is not a GGUF file that llama.cpp reads (versions 2 and 3); it starts with {start}.",
                    hint="Give a model in GGUF format, or pull one: ondol models list",
                    path=path, start=start,
                )  # fmt: skip
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return read_rows(data)
    except CutOff as error:
        raise _damaged(path, f"it has {path.stat().st_size} bytes and needs {error.needed}") from error
    except Malformed as error:
        raise _damaged(path, f"its header cannot be read: {error}") from error
    except UnknownType as error:
        raise UnusableInput(
            "{path} holds tensors of type {kind}, which this llama.cpp does not know.",
            hint="Take the model in another quantisation, such as Q4_K_M.", path=path, kind=error,
        ) from error  # fmt: skip
    except OSError as error:
        raise BackendError(
            "{path} cannot be read: {reason}", hint="Check its rights.", path=path, reason=error.strerror or error
        ) from error


def _describe(rows: dict[str, Any]) -> GgufFile:
    """Rows of another type than theirs count as absent: llama.cpp will say so where it needs them."""

    def row(name: str, kind: Any, default: Any) -> Any:
        return rows[name] if isinstance(rows.get(name), kind) else default

    architecture = row("general.architecture", str, "")
    tokens, kinds = row("tokenizer.ggml.tokens", list, []), row("tokenizer.ggml.token_type", tuple, ())
    pairs = [(token, kind) for token, kind in zip(tokens, kinds, strict=False) if isinstance(token, bytes)]
    special = [(token.decode("utf-8", "replace"), kind) for token, kind in pairs if kind in (CONTROL, USER_DEFINED)]
    return GgufFile(
        architecture=architecture,
        context=row(f"{architecture}.context_length", int, 0),
        chat_template=row("tokenizer.chat_template", str, ""),
        control_tokens=frozenset(token for token, kind in special if kind == CONTROL or token in ALWAYS_CONTROL),
    )


def _damaged(path: Path, reason: str) -> Damaged:
    return Damaged(
        "The model file {path} is damaged: {reason}.",
        hint="Delete it and fetch it again: ondol models rm NAME, then ondol models pull NAME",
        path=path, reason=reason,
    )  # fmt: skip
