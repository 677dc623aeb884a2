"""A model's name → its folder → the network and tokenizer in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from ondol.device import memory_mb
from ondol.errors import BackendError, Damaged, MissingExtra, UnusableInput, UsageError
from ondol.model_store.store import ModelStore
from ondol.models.hf.device import DTYPES, QUANTISED, Choice, free_memory_mb
from ondol.models.hf.from_gguf import unpack_gguf
from ondol.models.hf.hub import find_repository, is_repository
from ondol.models.hf.load_errors import told
from ondol.models.hf.weights import check_folder


def find_folder(name: str, *, store: ModelStore) -> Path:
    """The transformers folder of a model of the catalogue, a folder, a .gguf file or a repository of the hub.

    Raises:
        NotFound, Offline, BackendError: it cannot be had, with the reason.
        UnusableInput: a GGUF that transformers cannot unpack.
    """
    elsewhere = name in store.catalogue or name.startswith("ollama/") or Path(name).expanduser().exists()
    if not elsewhere and is_repository(name):
        return find_repository(name, offline=store.offline)
    found = store.locate(name)
    ggufs = [found] if found.is_file() else sorted(found.glob("*.gguf"))
    if (found / "config.json").is_file() or not ggufs:
        return found
    if len(ggufs) > 1:
        raise UnusableInput(
            "{folder} holds {count} GGUF files; hf unpacks one.",
            hint="Name the file itself: hf:path/to/file.gguf", folder=found, count=len(ggufs),
        )  # fmt: skip
    return unpack_gguf(ggufs[0], store=store)


def load(folder: Path, choice: Choice, *, context: int) -> tuple[Any, Any]:
    """Network and tokenizer; nothing is loaded that cannot fit, is damaged, or would run code.

    Args:
        context: tokens that the person asked for, 0 where none.

    Raises:
        UnusableInput, UsageError, Damaged: see `check_folder`, or it was trained on fewer tokens than `context`.
        BackendError: too large for the memory, or transformers refuses it.
    """
    check_memory(folder, check_folder(folder), choice)
    with quiet(), told(folder):
        check_context(AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True), context)
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        network, about = AutoModelForCausalLM.from_pretrained(
            folder, trust_remote_code=False, local_files_only=True, use_safetensors=True, output_loading_info=True,
            dtype=choice.computes_in, **_placement(choice),
        )  # fmt: skip
        network = network.eval() if choice.dtype in QUANTISED else network.eval().to(choice.device)
    if about["missing_keys"]:
        # transformers fills them with random numbers and only warns
        raise Damaged(
            "The model in {folder} lacks {count} of its weights, {first} among them.",
            hint="Fetch it again; an adapter alone is opened with its base: adapter=FOLDER.",
            folder=folder, count=len(about["missing_keys"]), first=sorted(about["missing_keys"])[0],
        )  # fmt: skip
    return network, tokenizer


def trained_context(config: Any) -> int:
    """Tokens that the model was trained to see at once; 0 where its config does not tell."""
    told_there = getattr(config.get_text_config(), "max_position_embeddings", None)
    return told_there if isinstance(told_there, int) and told_there > 0 else 0


def check_context(config: Any, context: int) -> None:
    trained = trained_context(config)
    if 0 < trained < context:
        raise UsageError(
            "The model was trained on {trained} tokens; a context of {context} is too large.",
            hint="Leave context out, or make it smaller.", trained=trained, context=context,
        )  # fmt: skip


def check_memory(folder: Path, weights: int, choice: Choice) -> None:
    """Refuse a model whose weights alone would not fit."""
    needed = int(weights * DTYPES[choice.dtype]) // 2**20
    free = free_memory_mb(choice.device, memory_mb()[1])
    if free and needed > free:
        raise BackendError(
            "The model in {folder} needs {needed} MB as {dtype}, and {device} has {free} MB free.",
            hint="Take a smaller dtype (--dtype bfloat16), or a quantised GGUF: --model llama.cpp:NAME",
            folder=folder, needed=needed, dtype=choice.dtype, device=choice.device, free=free,
        )  # fmt: skip


def _placement(choice: Choice) -> dict[str, Any]:
    if choice.dtype not in QUANTISED:
        return {}
    try:
        import bitsandbytes  # noqa: F401 - transformers says only late that it is missing
        from transformers import BitsAndBytesConfig
    except ImportError as error:
        raise MissingExtra(
            "{dtype} needs the package 'bitsandbytes', which is not installed.",
            hint='Install it with: pip install "ondol[cuda]"', dtype=choice.dtype,
        ) from error  # fmt: skip
    if choice.dtype == "int8":
        how = BitsAndBytesConfig(load_in_8bit=True)
    else:
        how = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=choice.computes_in
        )
    return {"quantization_config": how, "device_map": {"": choice.device}}


@contextmanager
def quiet() -> Iterator[None]:
    """No bars and no advice of transformers on stderr."""
    level = logging.get_verbosity()
    logging.set_verbosity(logging.CRITICAL)
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
