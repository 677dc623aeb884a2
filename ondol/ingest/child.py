"""A process of ours that does what may crash or hang: asked line by line, watched, and replaced when it is lost."""

from __future__ import annotations

import os
import resource
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ondol.errors import BackendError

LENGTH = struct.Struct(">Q")
"""Before each answer in the pipe: its bytes."""


class Lost(BackendError):
    """The process is gone: it crashed, took too long, or nobody waits for it any more."""


class Child:
    """`python -m MODULE ARGUMENTS`, started when it is asked first."""

    def __init__(
        self, command: Sequence[str], *, silence_s: float, stopped: threading.Event, environment: dict[str, str]
    ) -> None:
        """
        Args:
            command: a module, and its arguments.
            silence_s: longest time without an answer.
            stopped: set when it is to end, whatever it is at.
            environment: besides that of this process.
        """
        self._command, self._silence_s, self._stopped = command, silence_s, stopped
        self._environment = {**os.environ, "MALLOC_ARENA_MAX": "2", **environment}
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = bytearray()

    def ask(self, request: bytes) -> None:
        """Send one line."""
        try:
            self._write(request)
        except BrokenPipeError:  # it ended after its last answer
            self.close()
            self._write(request)

    def receive(self) -> bytes:
        """The next answer.

        Raises:
            Lost: there will be none; the next request starts another process.
        """
        deadline = time.monotonic() + self._silence_s
        try:
            while (body := self._take()) is None:
                self._wait(deadline)
        except Lost:
            self.close()
            raise
        return body

    def close(self) -> None:
        process, self._process = self._process, None
        self._buffer.clear()
        if process:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()

    def _write(self, request: bytes) -> None:
        if not self._process or self._process.poll() is not None:
            self.close()
            self._process = self._start()
        assert self._process.stdin
        self._process.stdin.write(request + b"\n")
        self._process.stdin.flush()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", *self._command], env=self._environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def _take(self) -> bytes | None:
        """An answer that has come whole."""
        if len(self._buffer) < LENGTH.size:
            return None
        (size,) = LENGTH.unpack_from(self._buffer)
        end = LENGTH.size + size
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[LENGTH.size : end])
        del self._buffer[:end]
        return body

    def _wait(self, deadline: float) -> None:
        """Take in what there is; raises Lost when there will be nothing."""
        assert self._process
        assert self._process.stdout
        pipe = self._process.stdout.fileno()
        ready, _, _ = select.select([pipe], [], [], 0.2)
        if ready:
            data = os.read(pipe, 1 << 20)
            if not data:
                raise self._how_it_ended()
            self._buffer += data
        elif self._stopped.is_set():
            raise Lost("The run was stopped.")
        elif time.monotonic() > deadline:
            raise Lost("Reading it made no progress for {seconds:.0f} s.", seconds=self._silence_s)

    def _how_it_ended(self) -> Lost:
        assert self._process
        code = self._process.wait()
        if code < 0:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
            return Lost("Reading it crashed the reader ({signal}).", signal=name)
        return Lost("The reader ended before the file did (exit {code}).", code=code)


# What such a process does itself


@contextmanager
def answers() -> Iterator[BinaryIO]:
    """Where answers are written; what a library prints does not come between them."""
    with os.fdopen(os.dup(1), "wb", buffering=0) as out:
        os.dup2(2, 1)
        yield out


def send(out: BinaryIO, body: bytes) -> None:
    """Write one answer."""
    rest = memoryview(LENGTH.pack(len(body)) + body)
    while rest:
        rest = rest[out.write(rest) :]


def limit_memory(most_mb: int) -> None:
    """Of the address space, where the system enforces it (Linux)."""
    if sys.platform == "linux":
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        limit = most_mb << 20
        resource.setrlimit(resource.RLIMIT_AS, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))


def limit_silence(most_s: float) -> None:
    """End this process unless it is called again in time: one that hangs is not left behind by a killed parent."""
    signal.setitimer(signal.ITIMER_REAL, most_s)


def has_grown(most_mb: int) -> bool:
    """Whether this process has ever had more memory than this; what `getrusage` says begins with its parent's."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        most_kb = int(status.partition("VmHWM:")[2].split()[0])
    except (OSError, ValueError, IndexError):  # macOS, which counts bytes
        most_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    return most_kb > most_mb << 10
