"""LoRA adapters in GGUF: which files are some, and whose."""

from __future__ import annotations

from pathlib import Path

from ondol.errors import UnusableInput, UsageError
from ondol.gguf.file import read_gguf_header


def check_adapter(path: Path, *, architecture: str) -> str:
    """Look into the header, because llama.cpp refuses a bad adapter without a reason.

    Args:
        architecture: that of the model which is to take it.

    Returns:
        The chat template that it was trained with; empty where it does not tell.

    Raises:
        NotFound, Damaged: it is not there or not whole.
        UnusableInput: it is no LoRA adapter.
        UsageError: it is one of PEFT, or for a model of another architecture.
    """
    if path.is_dir() or path.suffix == ".safetensors":
        raise UsageError(
            "{path} is an adapter of PEFT; llama.cpp reads adapters in GGUF.",
            hint="Convert it: ondol models convert {folder} --out {name}.gguf", path=path,
            folder=path if path.is_dir() else path.parent, name=(path if path.is_dir() else path.parent).name,
        )  # fmt: skip
    header = read_gguf_header(path)
    rows = header.metadata
    if rows.get("general.type") != "adapter" or rows.get("adapter.type") != "lora":
        raise UnusableInput(
            "{path} is no LoRA adapter.", hint="A whole model is opened as llama.cpp:{path}.", path=path
        )
    made_for = rows.get("general.architecture", "")
    if made_for != architecture:
        raise UsageError(
            "The adapter {path} is for a {made_for} model; this one is {architecture}.",
            hint="Open the base that it was trained on.", path=path, made_for=made_for, architecture=architecture,
        )  # fmt: skip
    return str(rows.get("tokenizer.chat_template", ""))
