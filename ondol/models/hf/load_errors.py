"""What transformers, torch and safetensors raise while a model is loaded, as ondol's errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError

from ondol.errors import BackendError, Damaged, OndolError, UnusableInput

# a config with odd values fails wherever transformers first computes with them
REFUSALS = (
    OSError, ValueError, LookupError, ArithmeticError, AssertionError, RuntimeError, ImportError, TypeError,
    AttributeError, MemoryError, SafetensorError, StrictDataclassError,
)  # fmt: skip
TOKENIZERS = ("tokenizer.json", "*.model", "vocab.*", "*.tiktoken", "tekken.json")


@contextmanager
def told(folder: Path) -> Iterator[None]:
    """Errors of transformers as ondol's."""
    try:
        yield
    except OndolError:
        raise
    except REFUSALS as error:
        raise explain(folder, error) from error


def explain(folder: Path, error: Exception) -> OndolError:
    """What a person must know about `error`, which came while `folder` was loaded."""
    if short_of_memory(error):
        return BackendError(
            "The memory is too small for the model in {folder}.",
            hint="Take a smaller dtype (--dtype bfloat16), or a quantised GGUF: --model llama.cpp:NAME", folder=folder,
        )  # fmt: skip
    if isinstance(error, SafetensorError):
        return Damaged(
            "The model file {path} is damaged: {reason}.", hint="Delete it and fetch it again.",
            path=folder, reason=error,
        )  # fmt: skip
    if not any(found for pattern in TOKENIZERS for found in folder.glob(pattern)):
        return UnusableInput(
            "{folder} holds no tokenizer (tokenizer.json or tokenizer.model).",
            hint="Fetch the whole model, or copy the tokenizer's files into it from where it was made.", folder=folder,
        )  # fmt: skip
    return BackendError(
        "transformers cannot load the model in {folder}: {reason}",
        hint="Check that it is a causal language model, and that transformers is new enough for it.",
        folder=folder, reason=reason_of(error),
    )  # fmt: skip


def short_of_memory(error: Exception) -> bool:
    """torch says it of the CPU in a plain RuntimeError, safetensors in an error of its own."""
    said = str(error).lower()
    named = isinstance(error, MemoryError | torch.OutOfMemoryError)
    return named or "cannot allocate memory" in said or "can't allocate memory" in said


def reason_of(error: Exception) -> str:
    """On one line; the first line alone often ends in a colon."""
    return " ".join(str(error).split())[:300] or type(error).__name__
