"""Files read by worker processes, some files ahead of the one that is taken up: parsing overlaps embedding."""

from __future__ import annotations

import os
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from ondol.ingest.messages import Alive, Message, is_last
from ondol.ingest.process import Limits, ReaderProcess
from ondol.ingest.walk import Found

AHEAD = 8
"""Files that are read before the first of them is taken up."""
PATIENCE_S = 0.3
WAITING = 16
"""Messages of one file that wait; a piece of a large text has a megabyte."""


class Readers:
    """Worker processes, started when there is something to read."""

    def __init__(self, *, home: Path, known: Callable[[Found], str], limits: Limits | None = None) -> None:
        """Get ready.

        Args:
            home: where models are looked for, and temporary files go.
            known: SHA-256 of the bytes of a file that need not be read again; empty when it must be.
        """
        self._home, self._known, self._limits = home, known, limits or Limits()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._stopped = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes, whatever they are at."""
        self._stopped.set()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def read(self, files: Iterable[Found]) -> Iterator[tuple[Found, Iterator[Message]]]:
        """Each file in order, with what is said of it; the messages of one are taken before those of the next."""
        waiting: deque[_Job] = deque()
        for found in files:
            job = _Job(found, self._known(found))
            waiting.append(job)
            self._jobs.put(job)
            self._start(len(waiting))
            if len(waiting) > AHEAD:
                first = waiting.popleft()
                yield first.found, first.messages()
        for job in waiting:
            yield job.found, job.messages()

    def _start(self, wanted: int) -> None:
        most = max(1, min(4, (os.cpu_count() or 2) // 2))
        if len(self._threads) < min(most, wanted):
            thread = threading.Thread(target=self._work, daemon=True)
            thread.start()
            self._threads.append(thread)

    def _work(self) -> None:
        process = ReaderProcess(self._home, self._limits, self._stopped)
        try:
            while (job := self._jobs.get()) and not self._stopped.is_set():
                for message in process.read(job.found.place, job.known):
                    if not job.put(message, self._stopped):
                        return
        finally:
            process.close()


class _Job:
    def __init__(self, found: Found, known: str) -> None:
        self.found, self.known = found, known
        self._said: queue.Queue[Message] = queue.Queue(WAITING)

    def put(self, message: Message, stopped: threading.Event) -> bool:
        """Add a message, when there is room for it; False when nobody wants it any more."""
        while not stopped.is_set():
            try:
                self._said.put(message, timeout=0.2)
                return True
            except queue.Full:
                continue
        return False

    def messages(self) -> Iterator[Message]:
        """What is said, and `Alive` for as long as nothing is: time for other work."""
        while True:
            try:
                message = self._said.get(timeout=PATIENCE_S)
            except queue.Empty:
                message = Alive()
            yield message
            if is_last(message):
                return
