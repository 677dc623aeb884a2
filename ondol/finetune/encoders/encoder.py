"""The encoder that is taught: found, loaded, made trainable, and saved as a plain folder again."""

from __future__ import annotations

import math
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import nn
from transformers import AutoModel

from ondol.device import cap_arenas, free_threads
from ondol.embeddings.bert_folder import BertFolder, read_bert_folder
from ondol.errors import BackendError, UsageError
from ondol.finetune.config import FinetuneConfig
from ondol.finetune.folder import MODEL
from ondol.finetune.methods.targets import find_targets
from ondol.model_store.store import ModelStore
from ondol.models.hf.device import choose_device
from ondol.models.hf.loading import quiet
from ondol.readers.delta import DELTA
from ondol.registry import split_spec

METHODS = ("lora", "full")
KEPT = ("*.json", "NOTICE*", "LICENSE*", "1_Pooling/*.json")
"""What a taught folder takes over from its base, beside the weights."""


def find_encoder(config: FinetuneConfig, *, store: ModelStore) -> BertFolder:
    """The base as a folder of the BERT family, from `onnx:NAME` or `onnx:PATH` (`hf:` means the same here).

    Raises:
        UsageError: another runtime, or a method that no encoder is taught with.
        NotFound, BackendError: see `read_bert_folder`.
    """
    runtime, name = split_spec(config.base, what="base", example="onnx:multilingual-e5-small")
    if runtime not in ("onnx", "hf"):
        raise UsageError(
            "A model of {runtime}: is no encoder that can be trained.",
            hint="Name one with its weights: --base onnx:multilingual-e5-small, or onnx:FOLDER.", runtime=runtime,
        )  # fmt: skip
    if config.method not in METHODS:
        raise UsageError(
            "An encoder is not taught by {method}.", hint="Methods for it: {known}.", method=config.method,
            known=", ".join(METHODS),
        )  # fmt: skip
    return read_bert_folder(store.locate(name))


def choose_place(config: FinetuneConfig) -> str:
    """The device; encoders are small and learn in float32 everywhere."""
    device = choose_device(config.device, "float32").device
    if device == "cpu":
        cap_arenas(give_back=False)
        torch.set_num_threads(config.threads or free_threads())
    return device


def load_encoder(folder: BertFolder, config: FinetuneConfig) -> Any:
    """In float32, with what may change: a LoRA, or all layers but the word table.

    The word table is 82 % of e5-small; AdamW over it took 25-38 % of each of three steps, and rows of words that a
    small set does not hold gain nothing.
    """
    with quiet():
        network = AutoModel.from_pretrained(folder.path, dtype=torch.float32, add_pooling_layer=False)
    network.get_input_embeddings().weight.requires_grad_(False)
    if config.checkpointing:
        network.activation_checkpointing_enable({"use_reentrant": False})
    if config.method == "lora":
        lora = LoraConfig(
            r=config.rank, lora_alpha=config.alpha, lora_dropout=config.dropout, use_rslora=config.rslora,
            use_dora=config.dora, target_modules=find_targets(network, config.targets),
        )  # fmt: skip
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*gradient_checkpointing", FutureWarning)  # of peft about transformers
            return get_peft_model(network, lora)
    return network


def pool(hidden: torch.Tensor, mask: torch.Tensor, pooling: str) -> torch.Tensor:
    """(B, S, H) → (B, H) of length 1: the mean over real tokens, or the first token."""
    if pooling == "cls":
        pooled = hidden[:, 0]
    else:
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        pooled = (hidden * weights).sum(1) / weights.sum(1)
    return nn.functional.normalize(pooled, dim=-1)


def pad(rows: list[list[int]], padding: int) -> dict[str, torch.Tensor]:
    """`input_ids` and `attention_mask`, (B, S)."""
    width = max(map(len, rows))
    return {
        "input_ids": torch.tensor([[*row, *[padding] * (width - len(row))] for row in rows]),
        "attention_mask": torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows]),
    }


def padding_of(network: Any) -> int:
    return int(getattr(network.config, "pad_token_id", None) or 0)


def save_delta(network: Any, config: FinetuneConfig, folder: Path, *, more: Mapping[str, torch.Tensor]) -> None:
    """Write what a LoRA learnt, in fp16, beside the whole weights: some MB that fit onto the same base elsewhere."""
    if not hasattr(network, "merge_and_unload") or config.dora:
        return
    scale = config.alpha / (math.sqrt(config.rank) if config.rslora else config.rank)
    tensors = {
        name.removeprefix("base_model.model.").replace(".default.", "."): value.detach().cpu().half().contiguous()
        for name, value in network.state_dict().items() if ".lora_" in name
    }  # fmt: skip
    about = {"format": "pt", "base": config.base.partition(":")[2], "scale": str(scale)}
    save_file({**tensors, **more}, folder / DELTA, about)


def save_encoder(network: Any, source: BertFolder, folder: Path, *, more: Mapping[str, torch.Tensor]) -> Path:
    """Write `folder/model` as a whole: the base's files, and its weights as taught, in fp16 (2⁻¹¹ of each weight).

    Args:
        more: tensors beside the encoder, such as a head's.

    Raises:
        BackendError: the disk is full or refuses.
    """
    whole = network.merge_and_unload() if hasattr(network, "merge_and_unload") else network
    target, partial = folder / MODEL, folder / f".partial-{MODEL}"
    tensors = {name: value.detach().cpu().half().contiguous() for name, value in whole.state_dict().items()}
    tensors = {name: value for name, value in tensors.items() if not name.endswith(("position_ids", "token_type_ids"))}
    shutil.rmtree(partial, ignore_errors=True)
    try:
        for pattern in KEPT:
            for file in source.path.glob(pattern):
                if file.name != "manifest.json":
                    place = partial / file.relative_to(source.path)
                    place.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(file, place)
        save_file({**tensors, **more}, partial / "model.safetensors", {"format": "pt"})
        shutil.rmtree(target, ignore_errors=True)
        partial.rename(target)
    except (OSError, SafetensorError) as error:
        raise BackendError(
            "{folder} cannot be written: {reason}",
            hint="Free some space, and run the same command again: nothing is lost.",
            folder=folder, reason=getattr(error, "strerror", None) or error,
        ) from error  # fmt: skip
    return target
