"""Progress bars in a terminal; elsewhere a line now and then, for logs."""

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

from ondol.lang import translate

LINE_EVERY_S = 10.0
"""Between two lines where there is no terminal."""
WORTH_TELLING_S = 2.0
"""Work that took less is not told about afterwards."""


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
        self._label, self._unit = "", ""
        self._total: int | None = None
        self._done, self._since, self._told = 0, 0.0, 0.0

    def begin(self, label: str, total: int | None, unit: str) -> None:
        self.end()
        self._label, self._unit, self._total, self._done = translate(label), unit, total, 0
        self._since = self._told = time.monotonic()
        if not sys.stderr.isatty():
            return
        counts = (DownloadColumn(), TransferSpeedColumn()) if unit == "bytes" else (MofNCompleteColumn(), SpeedColumn())
        self._bar = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=None), *counts,
            TimeRemainingColumn(), console=self.console, transient=True, expand=True,
        )  # fmt: skip
        self._bar.add_task(self._label, total=total, unit=translate(unit))
        self._bar.start()

    def advance(self, amount: int) -> None:
        self._done += amount
        if self._bar:
            self._bar.advance(self._bar.task_ids[0], amount)
        elif time.monotonic() - self._told > LINE_EVERY_S:
            self._told = time.monotonic()
            self._tell()

    def note(self, line: str) -> None:
        self.console.print(line, markup=False, soft_wrap=True)

    def end(self) -> None:
        if self._bar:
            self._bar.stop()
            self._bar = None
        if self._label and self._done and time.monotonic() - self._since > WORTH_TELLING_S:
            self._tell()
        self._label = ""

    def _tell(self) -> None:
        """`Embedding: 315/315 chunks · 25.7 s · 12.3 chunks/s`."""
        seconds = time.monotonic() - self._since
        unit, speed = translate(self._unit), self._done / seconds
        if self._unit == "bytes":
            self.note(f"{self._label}: {self._done / 1e6:.1f} MB · {seconds:.1f} s · {speed / 1e6:.1f} MB/s")
        else:
            amount = f"{self._done}/{self._total}" if self._total and self._total > self._done else str(self._done)
            self.note(f"{self._label}: {amount} {unit} · {seconds:.1f} s · {speed:.1f} {unit}/s")
