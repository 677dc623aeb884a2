"""Progress bars in a terminal; one line at the beginning and the end elsewhere."""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text


class SpeedColumn(ProgressColumn):
    """Units a second: `34.1 chunks/s`."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f} {task.fields['unit']}/s", style="progress.data.speed")


class Bars:
    """`ondol.progress.Progress` drawn by rich on stderr."""

    def __init__(self) -> None:
        self.console = Console(stderr=True, highlight=False)
        self._bar: Progress | None = None
        self._label, self._unit, self._done, self._since = "", "", 0, 0.0

    def begin(self, label: str, total: int | None, unit: str) -> None:
        self.end()
        self._label, self._unit, self._done, self._since = label, unit, 0, time.monotonic()
        if not sys.stderr.isatty():
            return
        counts = (DownloadColumn(), TransferSpeedColumn()) if unit == "bytes" else (MofNCompleteColumn(), SpeedColumn())
        self._bar = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), *counts, TimeRemainingColumn(),
            console=self.console, transient=True,
        )  # fmt: skip
        self._bar.add_task(label, total=total, unit=unit)
        self._bar.start()

    def advance(self, amount: int) -> None:
        self._done += amount
        if self._bar:
            self._bar.advance(self._bar.task_ids[0], amount)

    def note(self, line: str) -> None:
        self.console.print(line, markup=False, soft_wrap=True)

    def end(self) -> None:
        if self._bar:
            self._bar.stop()
            self._bar = None
        if self._label and self._done:
            seconds = max(time.monotonic() - self._since, 1e-3)
            self.note(f"{self._label}: {_amount(self._done, self._unit)} · {seconds:.1f} s")
        self._label = ""


def _amount(done: int, unit: str) -> str:
    return f"{done / 1e6:.1f} MB" if unit == "bytes" else f"{done} {unit}"
