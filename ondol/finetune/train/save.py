"""The end of a run: the best weights, as an adapter or a whole model, and as a GGUF adapter for llama.cpp."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from peft import PeftModel, set_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers import Trainer

from ondol.convert import CONVERTERS
from ondol.convert.config import read_json
from ondol.errors import BackendError, UnusableInput
from ondol.finetune.config import FinetuneConfig
from ondol.finetune.folder import ADAPTER, MODEL, gguf_of
from ondol.finetune.train.items import ItemMaker
from ondol.registry import resolve


def restore_best(trainer: Trainer, network: Any) -> int:
    """Take the weights of the step that measured best; returns the step."""
    best = trainer.state.best_model_checkpoint
    if not best or not Path(best).is_dir() or trainer.state.best_global_step == trainer.state.global_step:
        return int(trainer.state.global_step)
    if isinstance(network, PeftModel):
        set_peft_model_state_dict(network, load_file(Path(best) / "adapter_model.safetensors"))
    else:
        weights = {
            name: value for file in Path(best).glob("model*.safetensors") for name, value in load_file(file).items()
        }
        network.load_state_dict(weights, strict=False)  # tied weights are written once
    return int(trainer.state.best_global_step or 0)


def save(network: Any, maker: ItemMaker, folder: Path, config: FinetuneConfig) -> None:
    """Into a folder beside, renamed when it is whole."""
    target = folder / (MODEL if config.method == "full" else ADAPTER)
    partial_folder = target.with_name(f".partial-{target.name}")
    shutil.rmtree(partial_folder, ignore_errors=True)
    try:
        network.config.use_cache = True
        network.save_pretrained(partial_folder)
        maker.tokenizer.save_pretrained(partial_folder)
    except (OSError, SafetensorError) as error:
        raise BackendError(
            "{folder} cannot be written: {reason}",
            hint="Free some space, and run the same command again: nothing is lost.",
            folder=folder, reason=getattr(error, "strerror", None) or error,
        ) from error  # fmt: skip
    shutil.rmtree(target, ignore_errors=True)
    partial_folder.rename(target)


def save_gguf(folder: Path, base: Path, config: FinetuneConfig, *, template: str) -> str:
    """Write the LoRA for llama.cpp too, with its template; returns the file's name, or why there is none."""
    if config.method not in ("lora", "qlora"):
        return "a GGUF adapter is a LoRA"
    write = resolve("ondol.convert", CONVERTERS, "adapter", what="converter")
    try:
        write(folder / ADAPTER, gguf_of(folder), base_config=read_json(base / "config.json"), template=template)
    except UnusableInput as error:
        return error.message
    return gguf_of(folder).name
