"""What the header of a GGUF file says about turning texts into vectors or ranks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ondol.errors import BackendError
from ondol.gguf.file import read_gguf_header, read_vocabulary

POOLINGS = {1: "mean", 2: "cls", 3: "last"}
"""llama_pooling_type by number; 0 is a vector per token, 4 a rank."""
RANK = 4
HEADS = frozenset({"cls.weight", "cls.output.weight"})
"""The layers that turn a text into one number; older converters wrote them without the pooling."""
SYLLABLE = re.compile("[가-힣]")
LONGEST = 2048
"""Tokens of one text at most, whatever the file allows: a text is computed in one piece, and 8,192 tokens of
gemma-3-270m took 17 GB and 95 s on 2 cores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    name: str
    """Every name the file gives itself, for tables that go by names; lower case."""
    context: int
    """Tokens of one text, special ones included."""
    pooling: str
    """Mean where the file does not say."""
    ranks: bool
    """It is made for ranking, and gives a number instead of a vector."""
    has_head: bool
    """It can rank."""
    rerank_template: str
    """Query and document go into its {query} and {document}; empty where they are joined by separators."""


def read_encoder(path: Path) -> Encoder:
    """Read the header of `path`, the first part where it is split.

    Raises:
        BackendError: it was made for Korean, and llama.cpp would not read its Korean.
        NotFound, UnusableInput, Damaged: as `read_gguf_header`.
    """
    header = read_gguf_header(path)
    rows = header.metadata
    if rows.get("tokenizer.ggml.model") == "bert" and any(map(SYLLABLE.search, read_vocabulary(path))):
        # its WordPiece keeps the first jamo of every syllable: 서울 and 수요 become the same ㅅㅇ
        raise BackendError(
            "llama.cpp takes Korean apart in {path}, whose words are WordPiece: most would be unknown.",
            hint="Use the model's own folder instead: onnx:path/to/folder", path=path,
        )  # fmt: skip
    architecture = rows.get("general.architecture", "")
    said = rows.get(f"{architecture}.pooling_type", 0)
    has_head = bool(HEADS & {tensor.name for tensor in header.tensors})
    names = [rows.get(f"general.{key}", "") for key in ("name", "basename", "finetune")]
    context, template = rows.get(f"{architecture}.context_length", 0), rows.get("tokenizer.chat_template.rerank", "")
    return Encoder(
        name=" ".join(map(str, [*names, architecture, path.parent.name, path.stem])).lower(),
        context=min(context, LONGEST) if isinstance(context, int) and context > 0 else 512,
        pooling=POOLINGS.get(said, "mean"),
        ranks=said == RANK or (said not in POOLINGS and has_head),
        has_head=said == RANK or has_head,
        rerank_template=template if isinstance(template, str) else "",
    )
