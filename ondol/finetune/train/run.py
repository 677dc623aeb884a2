"""A run from its config to its folder: load, encode, prepare, train, keep the best, write down what happened."""

from __future__ import annotations

import math
import os
import shutil
import time
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import Trainer, set_seed

from ondol.device import cap_arenas, free_threads, usable_cores
from ondol.errors import BackendError, UsageError
from ondol.finetune.config import FinetuneConfig
from ondol.finetune.data import Split, data_hash, split_data
from ondol.finetune.folder import CHECKPOINTS, is_main_process, versions_of, write_about
from ondol.finetune.methods import PREPARERS
from ondol.finetune.small_batches import suit_batch
from ondol.finetune.start import check_same_data
from ondol.finetune.template import template_hash
from ondol.finetune.train.batches import flat_batch, keeps_apart, padded_batch
from ondol.finetune.train.items import ItemMaker, Items
from ondol.finetune.train.log import RunLog
from ondol.finetune.train.loss import Collate, measure
from ondol.finetune.train.outcome import write_outcome
from ondol.finetune.train.save import restore_best, save, save_gguf
from ondol.finetune.train.trainer import LabelledTrainer, choose_numbers, make_arguments, more_callbacks
from ondol.fit.bench import watch
from ondol.lang import translate
from ondol.model_store.store import ModelStore
from ondol.models.hf.device import choose_device
from ondol.models.hf.loading import find_folder, load
from ondol.progress import Progress
from ondol.registry import resolve, split_spec

PACKAGES = ("ondol", "torch", "transformers", "peft", "accelerate")


@dataclass(slots=True)
class Base:
    network: Any
    maker: ItemMaker
    folder: Path
    device: str
    dtype: str


@dataclass(slots=True)
class Data:
    split: Split
    train: Items
    valid: Items


def open_base(config: FinetuneConfig, *, store: ModelStore) -> Base:
    """The network that is taught, in float32 where its weights change, and its tokenizer.

    Raises:
        UsageError: no runtime whose weights can be trained, or a method that this machine cannot do.
    """
    runtime, name = split_spec(config.base, what="base", example="llama.cpp:gemma-3-270m")
    if runtime not in ("hf", "llama.cpp"):
        raise UsageError(
            "A model of {runtime}: cannot be trained here.", hint="Name its weights: hf:FOLDER, or llama.cpp:NAME.",
            runtime=runtime,
        )  # fmt: skip
    choice = choose_device(config.device, config.dtype)
    if config.method == "qlora" and not choice.device.startswith("cuda"):
        raise UsageError(
            "qlora needs CUDA: bitsandbytes computes in 4 bits nowhere else, and this run would be on {device}.",
            hint="Use --method lora; with --checkpointing it needs little memory too.", device=choice.device,
        )  # fmt: skip
    if config.method == "qlora":
        choice = choose_device(choice.device, "int4")
    elif config.method == "full" or not choice.device.startswith("cuda"):
        choice = choose_device(choice.device, config.dtype or "float32")
    if choice.device == "cpu":
        cap_arenas(give_back=False)
        processes = int(os.environ.get("WORLD_SIZE", "1"))
        share = usable_cores() // processes if processes > 1 else free_threads()
        torch.set_num_threads(config.threads or max(1, share))
    folder = find_folder(name, store=store)
    network, tokenizer = load(folder, choice, context=0)
    network.config.use_cache = False
    return Base(network, ItemMaker(network, tokenizer), folder, choice.device, choice.dtype)


def read_data(config: FinetuneConfig, progress: Progress) -> Split:
    """The examples, before a base is loaded: how they were understood, and what is held out of them, is told."""
    split, loaded, leaked = split_data(config)
    for line in (line for part in loaded for line in part.told()) if is_main_process() else ():
        progress.note(line)
    if leaked and is_main_process():
        progress.note(translate("{count} examples are held out too; they are not learnt.", count=leaked))
    return split


def encode_data(config: FinetuneConfig, split: Split, maker: ItemMaker) -> Data:
    return Data(
        split, maker.make(split.train, max_tokens=config.max_tokens),
        maker.make(split.valid, max_tokens=config.max_tokens) if split.valid else Items([], []),
    )  # fmt: skip


def run_chat(config: FinetuneConfig, *, store: ModelStore, folder: Path, progress: Progress) -> dict[str, Any]:
    """Train and write the run's folder; one that was interrupted goes on from its last checkpoint.

    Returns:
        What `run.json` holds.

    Raises:
        UsageError, NotFound, UnusableInput, BackendError: before anything is written where that can be seen before.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*gradient_checkpointing", FutureWarning)  # of peft about transformers
        set_seed(config.seed)
        split = read_data(config, progress)
        base = open_base(config, store=store)
        data = encode_data(config, split, base.maker)
        about = describe(config, base, data)
        config = suit_batch(config, [len(item.encoded.ids) for item in data.train.items], base.device)
        collate, grouped = choose_collate(config, base)
        before = measure(base.network, data.valid.items, collate, batch=config.batch)
        first = [item.example.answer or item.example.text for item in data.train.items[:20]]
        prepare = resolve("ondol.finetune.methods", PREPARERS, config.method, what="method")
        network = prepare(base.network, config, base.maker.tokenizer, first)
        about["trainable"] = sum(weight.numel() for weight in network.parameters() if weight.requires_grad)
        about["targets"] = targets_of(base.network)
        check_same_data(folder, about)
        if is_main_process():
            write_about(folder, about)
            progress.note(_told(about))
        about |= _train(
            config, network, data, collate, grouped=grouped, device=base.device, folder=folder, progress=progress
        )
        if not is_main_process():
            return about
        save(network, base.maker, folder, config)
        about["gguf"] = save_gguf(folder, base.folder, config, template=base.maker.template)
        after = measure(network, data.valid.items, collate, batch=config.batch)
        learnt = measure(network, data.train.items[:200], collate, batch=config.batch)
        about |= write_outcome(folder, data, before=before, after=after, learnt=learnt)
        write_about(folder, about)
        shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
        return about


def _train(
    config: FinetuneConfig, network: Any, data: Data, collate: Collate, *, grouped: bool, device: str, folder: Path,
    progress: Progress,
) -> dict[str, Any]:  # fmt: skip
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    arguments = make_arguments(
        config, checkpoints=folder / CHECKPOINTS, steps=count_steps(config, len(data.train.items), processes),
        device=device, measured=bool(data.valid.items), processes=processes,
    )  # fmt: skip
    each = sum(len(item.encoded.ids) for item in data.train.items) / len(data.train.items)
    log = RunLog(folder, progress, tokens_each=each, processes=processes)
    trainer = LabelledTrainer(
        network, arguments, train=data.train.items, valid=data.valid.items, collate=collate, grouped=grouped,
        callbacks=[log, *more_callbacks(config, folder, measured=bool(data.valid.items))],
        numbers=choose_numbers(config, device),
    )  # fmt: skip
    with watch() as watched, log.saving_on_interrupt():
        run_trainer(trainer, folder / CHECKPOINTS)
    if log.stopped:
        progress.note(translate("Saved at step {step}; the same command goes on.", step=trainer.state.global_step))
        raise KeyboardInterrupt
    return {
        "steps": trainer.state.global_step, "best_step": restore_best(trainer, network), "tokens": log.tokens,
        "tokens_per_second": round(log.tokens_per_second, 1), "peak_mb": watched.peak >> 20,
        "grown_mb": watched.grown >> 20, "seconds": round(watched.seconds, 1),
    }  # fmt: skip


def choose_collate(config: FinetuneConfig, base: Base) -> tuple[Collate, bool]:
    """How batches are made, and whether examples of like length come together.

    Raises:
        UsageError: flat batches were asked for where examples would see each other.
    """
    possible = config.method != "prefix" and keeps_apart(base.network)
    if config.packing == "flat" and not possible:
        raise UsageError(
            "Examples cannot stand behind each other here: a prefix, or this architecture, would mix them.",
            hint="Leave --packing out.",
        )
    if possible and config.packing != "grouped":
        return flat_batch, False
    pad = base.maker.tokenizer.pad_token_id
    return partial(padded_batch, pad=base.maker.tokenizer.eos_token_id if pad is None else pad), True


def count_steps(config: FinetuneConfig, examples: int, processes: int) -> int:
    each = config.batch * config.accumulate * processes
    return config.max_steps or max(1, math.ceil(config.epochs * math.ceil(examples / each)))


def run_trainer(trainer: Trainer, checkpoints: Path) -> None:
    """Train, from the last whole checkpoint if there is one.

    Raises:
        BackendError: memory or disk ran out; what was saved stays, and the same command goes on.
    """
    last = find_checkpoint(checkpoints)
    try:
        trainer.train(resume_from_checkpoint=str(last) if last else None)
    except (RuntimeError, OSError, SafetensorError) as error:
        reason = str(error).strip().split("\n")[0][:300]
        raise BackendError(
            "The training stopped: {reason}",
            hint="Give it less at once (--batch 1 --accumulate 8, --max-tokens 512, --checkpointing) or more room, and "
            "run the same command again: it goes on where it was saved.", reason=reason or type(error).__name__,
        ) from error  # fmt: skip


def find_checkpoint(checkpoints: Path) -> Path | None:
    """The newest that was written to its end: `trainer_state.json` comes last."""
    whole = [path for path in checkpoints.glob("checkpoint-*") if (path / "trainer_state.json").is_file()]
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def describe(config: FinetuneConfig, base: Base, data: Data) -> dict[str, Any]:
    return {
        "name": config.name, "kind": config.kind, "method": config.method, "base": config.base, "status": "training",
        "config": config.to_json(), "base_folder": base.folder.name, "device": base.device, "dtype": base.dtype,
        "multiplied_in": choose_numbers(config, base.device),
        "template_sha256": template_hash(base.maker.template), "data_sha256": data_hash(data.split.train),
        "valid_sha256": data_hash(data.split.valid), "examples": len(data.train.items),
        "held_out": len(data.valid.items), "template": base.maker.taught,
        "asked": [item.example.question for item in (data.valid.items or data.train.items)[:4]],
        "left_out": [*data.train.left_out, *data.valid.left_out][:100],
        "seed": config.seed, "versions": versions_of(PACKAGES),
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }  # fmt: skip


def targets_of(network: Any) -> list[str]:
    """Layers that a LoRA was put beside."""
    adapted = getattr(network, "peft_config", {}).get("default")
    return sorted(getattr(adapted, "target_modules", None) or [])


def _told(about: dict[str, Any]) -> str:
    """What is learnt, for people."""
    where = ", ".join(about["targets"]) or about["method"]
    return translate(
        "{method} learns {trainable:,} numbers ({where}) from {examples} examples; {held} are held out.",
        where=where, held=about["held_out"], **{name: about[name] for name in ("method", "trainable", "examples")},
    )  # fmt: skip
