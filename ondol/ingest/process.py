"""One worker process: asked for files, watched, and replaced when a file takes it down."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ondol.ingest.child import Child, Lost
from ondol.ingest.messages import Alive, Done, Failed, Message, decode, is_last


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one file may take."""

    memory_mb: int = 4096
    """Address space of the process, where the system enforces it (Linux)."""
    silence_s: float = 120.0
    """Longest time without a sign of progress; pages that are recognised and parts of recordings are signs."""


class ReaderProcess:
    """`python -m ondol.ingest.worker`, started at the first file."""

    def __init__(self, home: Path, limits: Limits, stopped: threading.Event) -> None:
        self._child = Child(
            ["ondol.ingest.worker", str(limits.memory_mb), str(limits.silence_s)], silence_s=limits.silence_s,
            stopped=stopped, environment={"ONDOL_HOME": str(home)},
        )  # fmt: skip

    def read(self, place: Path, known: str) -> Iterator[Message]:
        """What is in the file, up to the last message of it."""
        self._child.ask(json.dumps({"place": os.fsencode(place).hex(), "known": known}).encode())
        while True:
            message = self._next()
            if isinstance(message, Alive):
                continue
            yield message
            if is_last(message):
                if isinstance(message, Done | Failed) and message.leaves:
                    self.close()
                return

    def close(self) -> None:
        self._child.close()

    def _next(self) -> Message:
        """The next message, or what became of the process."""
        try:
            return decode(self._child.receive())
        except Lost as lost:
            return Failed("", lost.message)
