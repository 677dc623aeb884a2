"""A GGUF file as a transformers folder: unpacked once into the store, because every loading takes about 55 s."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from math import prod
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
from transformers.utils import logging

from ondol.device import free_disk_mb, memory_mb
from ondol.errors import BackendError, UnusableInput
from ondol.gguf.file import read_gguf, read_gguf_header
from ondol.gguf.pre_tokenizers import find_pre_tokenizer, write_steps
from ondol.model_store.lock import locked
from ondol.model_store.manifest import sync
from ondol.model_store.store import ModelStore
from ondol.models.hf.load_errors import REFUSALS, reason_of, short_of_memory

LARGEST_HALF = 65504.0
LAYOUT = 2
"""Raised when a folder is written in another way, so that older ones are not taken for it."""


def unpack_gguf(path: Path, *, store: ModelStore) -> Path:
    """The folder that holds the file's weights as float16 safetensors; made at the first call.

    It lies beside a model of ours, and goes with it; for a file of the user's own it lies in ondol's home.
    Float16 holds every value of Q4 to F16 files without loss that matters; where one is too large, bfloat16 is used.

    Raises:
        NotFound, Damaged, UnusableInput: the file cannot be read.
        BackendError: the folder cannot be written, or memory or disk are too small for the weights.
    """
    header = read_gguf(path)
    state = path.stat()
    mark = hashlib.sha256(f"{LAYOUT}\0{path.resolve()}\0{state.st_size}\0{state.st_mtime_ns}".encode()).hexdigest()[:8]
    name = f"{path.stem}-{mark}"
    beside = path.parent / "hf" if path.parent.parent == store.folder else store.folder / ".hf"
    folder = beside / name
    if folder.is_dir():
        return folder
    try:
        with locked(store.folder / ".locks" / f"hf-{name}", lambda: None):
            if not folder.is_dir():
                check_room(path, folder)
                folder.parent.mkdir(parents=True, exist_ok=True)
                _unpack(path, folder, header.chat_template, header.architecture)
    except OSError as error:
        raise BackendError(
            "{folder} cannot be written: {reason}",
            hint="Check its rights and its free space, or name another folder with --home or ONDOL_HOME.",
            folder=folder, reason=error.strerror or error,
        ) from error  # fmt: skip
    return folder


def check_room(path: Path, folder: Path) -> None:
    """Refuse to unpack what would be killed half-way: all weights are in memory as float32, then on disk in 2 bytes.

    Raises:
        BackendError: with what is needed and what is free.
    """
    weights = sum(prod(tensor.shape) for tensor in read_gguf_header(path).tensors)
    memory, disk = weights * 4 // 2**20, weights * 2 // 2**20
    free, free_disk = memory_mb()[1], free_disk_mb(folder)
    if memory > free > 0:
        raise BackendError(
            "To unpack {path} for hf, {needed} MB of memory are needed, and {free} MB are free.",
            hint="llama.cpp opens it as it is: llama.cpp:{path}", path=path, needed=memory, free=free,
        )  # fmt: skip
    if disk > free_disk:
        raise BackendError(
            "{path} unpacked for hf takes {needed} MB in {folder}, and {free} MB are free.",
            hint="Free some space, or open it with llama.cpp as it is: llama.cpp:{path}",
            path=path, needed=disk, folder=folder.parent, free=free_disk,
        )  # fmt: skip


def _unpack(path: Path, folder: Path, template: str, architecture: str) -> None:
    """Into a temporary folder beside it, then renamed: a killed process leaves nothing that looks whole."""
    partial = folder.with_name(f".partial-{folder.name}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    logging.disable_progress_bar()  # the bar of the unpacking itself stays: it tells for a minute that it is alive
    try:
        network, tokenizer = _read(path, architecture)
        if template:
            tokenizer.chat_template = template
        largest = max((float(value.detach().abs().max()) for value in network.parameters()), default=0.0)
        network.to(torch.float16 if largest < LARGEST_HALF else torch.bfloat16)
        network.hf_quantizer = None  # it would refuse to save, though nothing is quantised any more
        network.config.__dict__.pop("quantization_config", None)
        network.save_pretrained(partial)
        tokenizer.save_pretrained(partial)
        _correct_tokenizer(partial / "tokenizer.json", path)
        for file in partial.iterdir():
            with file.open("rb") as opened:
                os.fsync(opened.fileno())
        partial.rename(folder)
        sync(folder.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _read(path: Path, architecture: str) -> tuple[Any, Any]:
    try:
        network = AutoModelForCausalLM.from_pretrained(
            path.parent, gguf_file=path.name, dtype=torch.float32, trust_remote_code=False, local_files_only=True,
            quantization_config=GgufConfig(dequantize=True),  # else it may fetch compiled kernels from the hub
        )  # fmt: skip
        tokenizer = AutoTokenizer.from_pretrained(
            path.parent, gguf_file=path.name, trust_remote_code=False, local_files_only=True
        )
    except REFUSALS as error:
        if short_of_memory(error):
            raise BackendError(
                "The memory is too small to unpack {path} for hf.",
                hint="llama.cpp opens it as it is: llama.cpp:{path}", path=path,
            ) from error  # fmt: skip
        raise UnusableInput(
            "transformers cannot unpack {path} (architecture {kind}): {reason}",
            hint="llama.cpp opens it as it is: llama.cpp:{path}",
            path=path, kind=architecture, reason=reason_of(error),
        ) from error  # fmt: skip
    return network, tokenizer


def _correct_tokenizer(tokenizer: Path, path: Path) -> None:
    """Cut text before the merges as the GGUF says: transformers takes GPT-2's way for nearly every file.

    SmolLM cuts off each digit, so the line ends in "1\\n\\n2" were two tokens instead of one.
    """
    rows = json.loads(tokenizer.read_text(encoding="utf-8"))
    known = find_pre_tokenizer(str(read_gguf_header(path).metadata.get("tokenizer.ggml.pre", "")))
    if known is None or (rows.get("pre_tokenizer") or {}).get("type") not in ("ByteLevel", "Sequence"):
        return
    rows["pre_tokenizer"] = write_steps(known)
    rows["model"]["ignore_merges"] = known.ignore_merges
    tokenizer.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
