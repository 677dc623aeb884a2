"""What a run tells while it goes on: a line for people, and `log.jsonl` for programs and the plot; Ctrl-C saves it."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from ondol.finetune.folder import LOG, read_log
from ondol.fit.bench import resident_bytes
from ondol.lang import translate
from ondol.progress import Progress

TELL_EVERY_S = 10.0


class RunLog(TrainerCallback):  # type: ignore[misc]
    """Appends a row a step; a resumed run goes on in the same file, and rows behind its checkpoint are dropped."""

    def __init__(self, folder: Path, progress: Progress, *, tokens_each: float, processes: int) -> None:
        self._folder, self._path, self._progress = folder, folder / LOG, progress
        self._tokens_each, self._processes = tokens_each, processes
        self._began = self._told = 0.0
        self._first_step = 0
        self.tokens_per_second = 0.0
        """Real tokens, padding not counted, of this stretch of the run."""
        self.tokens = 0
        self.stopped = False
        """Ctrl-C came: the run is saved after this step, and ends."""

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:  # noqa: ARG002
        self._began = self._told = time.monotonic()
        self._first_step = state.global_step
        if state.is_world_process_zero:
            kept = [row for row in read_log(self._folder) if row["step"] <= state.global_step]
            self._path.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        done = state.global_step - self._first_step
        examples = args.per_device_train_batch_size * args.gradient_accumulation_steps * self._processes
        self.tokens = round(state.global_step * examples * self._tokens_each)
        self.tokens_per_second = done * examples * self._tokens_each / max(1e-9, time.monotonic() - self._began)
        if self.stopped:
            control.should_save = control.should_training_stop = True

    def on_log(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        if not state.is_world_process_zero or not logs or "train_runtime" in logs:
            return
        row = {"step": state.global_step, "epoch": round(state.epoch or 0, 4), **_numbers(logs)}
        row |= {"tokens_per_second": round(self.tokens_per_second, 1), "memory_mb": resident_bytes() >> 20}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        if "valid_nll" in row or time.monotonic() - self._told > TELL_EVERY_S:
            self._told = time.monotonic()
            self._progress.note(self._line(row, state))

    @contextmanager
    def saving_on_interrupt(self) -> Iterator[None]:
        """The first Ctrl-C saves and ends the run after its step, the second one ends it at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(*_: Any) -> None:
            if self.stopped:
                raise KeyboardInterrupt
            self.stopped = True
            self._progress.note(translate("Saving after this step; Ctrl-C again ends it at once."))

        before = signal.signal(signal.SIGINT, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _line(self, row: dict[str, Any], state: TrainerState) -> str:
        done = state.global_step - self._first_step
        left = (time.monotonic() - self._began) / max(1, done) * (state.max_steps - state.global_step)
        values = {
            "step": state.global_step, "steps": state.max_steps, "rate": self.tokens_per_second,
            "memory": row["memory_mb"], "left": f"{int(left) // 60}:{int(left) % 60:02}",
        }  # fmt: skip
        if "valid_nll" in row:
            return translate(
                "step {step}/{steps} · held out {nll:.3f} · {rate:.0f} tokens/s · {left} left · {memory} MB",
                nll=row["valid_nll"], **values,
            )  # fmt: skip
        return translate(
            "step {step}/{steps} · loss {loss:.3f} · {rate:.0f} tokens/s · {left} left · {memory} MB",
            loss=row.get("loss", 0.0), **values,
        )  # fmt: skip


def _numbers(logs: dict[str, Any]) -> dict[str, float]:
    names = {"loss": "loss", "grad_norm": "gradient", "learning_rate": "rate", "eval_nll": "valid_nll"}
    return {names[name]: round(float(value), 9) for name, value in logs.items() if name in names}
