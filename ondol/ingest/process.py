"""One worker process: asked for files, watched, and replaced when a file takes it down."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ondol.ingest.messages import LENGTH, Alive, Done, Failed, Message, decode, is_last
from ondol.lang import translate


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
        self._home, self._limits, self._stopped = home, limits, stopped
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = bytearray()

    def read(self, place: Path, known: str) -> Iterator[Message]:
        """What is in the file, up to the last message of it."""
        request = json.dumps({"place": os.fsencode(place).hex(), "known": known}).encode() + b"\n"
        try:
            self._ask(request)
        except BrokenPipeError:  # it ended after its last file
            self.close()
            self._ask(request)
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
        process, self._process = self._process, None
        self._buffer.clear()
        if process:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()

    def _ask(self, request: bytes) -> None:
        if not self._process or self._process.poll() is not None:
            self.close()
            self._process = self._start()
        assert self._process.stdin
        self._process.stdin.write(request)
        self._process.stdin.flush()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "ondol.ingest.worker", str(self._limits.memory_mb)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**os.environ, "MALLOC_ARENA_MAX": "2", "ONDOL_HOME": str(self._home)},
        )  # fmt: skip

    def _next(self) -> Message:
        """The next message, or what became of the process."""
        deadline = time.monotonic() + self._limits.silence_s
        while True:
            if len(self._buffer) >= LENGTH.size:
                (size,) = LENGTH.unpack_from(self._buffer)
                end = LENGTH.size + size
                if len(self._buffer) >= end:
                    body = bytes(self._buffer[LENGTH.size : end])
                    del self._buffer[:end]
                    return decode(body)
            problem = self._receive(deadline)
            if problem:
                self.close()
                return Failed("", problem)

    def _receive(self, deadline: float) -> str:
        """Take in what there is; else why there will be nothing."""
        assert self._process
        assert self._process.stdout
        pipe = self._process.stdout.fileno()
        ready, _, _ = select.select([pipe], [], [], 0.2)
        if ready:
            data = os.read(pipe, 1 << 20)
            self._buffer += data
            return "" if data else self._how_it_ended()
        if self._stopped.is_set():
            return translate("The run was stopped.")
        if time.monotonic() > deadline:
            return translate("Reading it made no progress for {seconds:.0f} s.", seconds=self._limits.silence_s)
        return ""

    def _how_it_ended(self) -> str:
        assert self._process
        code = self._process.wait()
        if code < 0:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
            return translate("Reading it crashed the reader ({signal}).", signal=name)
        return translate("The reader ended before the file did (exit {code}).", code=code)
