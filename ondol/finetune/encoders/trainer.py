"""Transformers' Trainer for encoders: a module that gives its loss, saved without what it does not learn."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.utils.data import Dataset, Sampler
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from ondol.errors import UsageError
from ondol.finetune.config import FinetuneConfig
from ondol.finetune.folder import CHECKPOINTS
from ondol.finetune.train.batches import SeededOrder
from ondol.finetune.train.log import RunLog
from ondol.finetune.train.run import count_steps, run_trainer
from ondol.finetune.train.save import restore_best
from ondol.finetune.train.trainer import choose_numbers, make_arguments, more_callbacks, multiplied_in
from ondol.fit.bench import watch
from ondol.lang import translate
from ondol.progress import Progress

Collate = Callable[[Sequence[Any]], dict[str, Any]]
WEIGHTS = "model.safetensors"


class Rows(Dataset[Any]):  # type: ignore[misc]
    def __init__(self, rows: Sequence[Any]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> Any:
        return self.rows[place]


class LossTrainer(Trainer):  # type: ignore[misc]
    """The module's `forward(**batch)` gives the mean loss of a batch; checkpoints hold what is learnt."""

    def __init__(
        self, module: nn.Module, arguments: TrainingArguments, *, train: Sequence[Any], valid: Sequence[Any],
        collate: Collate, lengths: Sequence[int] | None, callbacks: list[TrainerCallback], numbers: str,
    ) -> None:  # fmt: skip
        super().__init__(
            model=module, args=arguments, train_dataset=Rows(train), eval_dataset=Rows(valid) if valid else None,
            data_collator=collate, callbacks=callbacks,
        )  # fmt: skip
        self.remove_callback(PrinterCallback)
        self.model_accepts_loss_kwargs = False  # so that accumulated batches are averaged
        self._held_out, self._collate, self._lengths, self._numbers = valid, collate, lengths, numbers

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        step = self.args.per_device_train_batch_size * self.args.gradient_accumulation_steps
        count = len(self.train_dataset if train_dataset is None else train_dataset)
        return SeededOrder(count, batch=step, seed=self.args.seed, lengths=self._lengths)

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,  # noqa: ARG002
    ) -> Any:
        with multiplied_in(self._numbers):
            loss = model(**inputs)
        return (loss, None) if return_outputs else loss

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        size = self.args.per_device_eval_batch_size
        metrics = {"eval_nll": mean_loss(self.model, self._held_out, self._collate, batch=size)}
        self.log(dict(metrics))
        control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)  # type: ignore[has-type]
        self.control = control
        return metrics

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:  # noqa: ARG002
        folder = Path(output_dir or self.args.output_dir)
        folder.mkdir(parents=True, exist_ok=True)
        save_file(learnt_of(self.model), folder / WEIGHTS)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        (model or self.model).load_state_dict(load_file(Path(resume_from_checkpoint) / WEIGHTS), strict=False)


def learnt_of(module: nn.Module) -> dict[str, torch.Tensor]:
    return {
        name: weight.detach().cpu().contiguous() for name, weight in module.named_parameters() if weight.requires_grad
    }


@torch.no_grad()  # type: ignore[untyped-decorator]
def mean_loss(module: Any, rows: Sequence[Any], collate: Collate, *, batch: int) -> float | None:
    """Mean over rows, in eval mode; None without rows."""
    if not rows:
        return None
    was_training, total = module.training, 0.0
    module.eval()
    device = next(module.parameters()).device
    for start in range(0, len(rows), batch):
        part = rows[start : start + batch]
        total += float(module(**to_device(collate(part), device))) * len(part)
    module.train(was_training)
    return total / len(rows)


def to_device(batch: Any, device: Any) -> Any:
    if isinstance(batch, dict):
        return {name: to_device(value, device) for name, value in batch.items()}
    return batch.to(device) if isinstance(batch, torch.Tensor) else batch


def fit(
    module: nn.Module, config: FinetuneConfig, *, train: Sequence[Any], valid: Sequence[Any], collate: Collate,
    lengths: Sequence[int], grouped: bool, device: str, folder: Path, progress: Progress,
) -> dict[str, Any]:  # fmt: skip
    """Train from the last checkpoint if there is one; the module ends with its best weights.

    Returns:
        Steps, tokens, speed, memory and seconds, as `run.json` names them.

    Raises:
        UsageError: several processes were launched.
        BackendError: memory or disk ran out.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise UsageError("Encoders are trained in one process.", hint="Leave --launch out: they are small.")
    arguments = make_arguments(
        config, checkpoints=folder / CHECKPOINTS, steps=count_steps(config, len(train), 1), device=device,
        measured=bool(valid), processes=1,
    )  # fmt: skip
    arguments.bf16 = arguments.activation_checkpointing = False  # the encoder itself recomputes what it should
    log = RunLog(folder, progress, tokens_each=sum(lengths) / max(1, len(lengths)), processes=1)
    trainer = LossTrainer(
        module.to(device), arguments, train=train, valid=valid, collate=collate, lengths=lengths if grouped else None,
        numbers=choose_numbers(config, device), callbacks=[log, *more_callbacks(config, folder, measured=bool(valid))],
    )  # fmt: skip
    with watch() as watched, log.saving_on_interrupt():
        run_trainer(trainer, folder / CHECKPOINTS)
    if log.stopped:
        progress.note(translate("Saved at step {step}; the same command goes on.", step=trainer.state.global_step))
        raise KeyboardInterrupt
    return {
        "steps": trainer.state.global_step, "best_step": restore_best(trainer, trainer.model), "tokens": log.tokens,
        "tokens_per_second": round(log.tokens_per_second, 1), "peak_mb": watched.peak >> 20,
        "grown_mb": watched.grown >> 20, "seconds": round(watched.seconds, 1),
    }  # fmt: skip
