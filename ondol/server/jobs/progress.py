"""Progress of a job, written to the store now and then."""

from __future__ import annotations

import threading
import time
from typing import Any

from ondol.lang import translate
from ondol.server.jobs.store import JobStore

EVERY_S = 0.5
"""Between two writes; what is told in between is written with the next one."""
SETTLED_S = 1.0
"""Time after which a rate can be believed."""


class StoredProgress:
    """`ondol.progress.Progress` of one job; threads may tell beside each other."""

    def __init__(self, store: JobStore, job: str) -> None:
        self._store, self._job = store, job
        self._lock = threading.Lock()
        self._label = self._unit = ""
        self._total: int | None = None
        self._done, self._first, self._since, self._written = 0, 0, time.monotonic(), 0.0
        self._lines: list[str] = []

    def begin(self, label: str, total: int | None, unit: str, *, done: int = 0) -> None:
        """As `Progress.begin`; `done` of it was done before."""
        with self._lock:
            self._label, self._unit, self._total = translate(label), translate(unit), total
            self._done = self._first = done
            self._since = time.monotonic()
            self._write()

    def advance(self, amount: int) -> None:
        with self._lock:
            self._done += amount
            self._write_sometimes()

    def note(self, line: str) -> None:
        with self._lock:
            self._lines.append(line)
            self._write_sometimes()

    def end(self) -> None:
        with self._lock:
            self._write()

    def to_json(self) -> dict[str, Any]:
        seconds, made = time.monotonic() - self._since, self._done - self._first
        rate = made / seconds if made and seconds > SETTLED_S else None
        left = max(0, self._total - self._done) / rate if rate and self._total else None
        return {
            "done": self._done, "total": self._total, "what": self._label, "unit": self._unit,
            "rate": round(rate, 2) if rate else None, "left_s": None if left is None else round(left, 1),
        }  # fmt: skip

    def _write_sometimes(self) -> None:
        if time.monotonic() - self._written >= EVERY_S:
            self._write()

    def _write(self) -> None:
        self._written = time.monotonic()
        lines, self._lines = self._lines, []
        self._store.tell(self._job, progress=self.to_json(), lines=lines)
