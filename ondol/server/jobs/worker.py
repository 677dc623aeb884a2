"""The process that takes jobs: `python -m ondol.server.jobs.worker --home HOME`.

Each job runs in a process of its own, one of a kind at a time. This one ends when its standard input does, which the
server holds; what was running then goes on at the next start.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import select
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ondol.errors import OndolError
from ondol.lang import translate
from ondol.server.jobs.run import INTERRUPTED
from ondol.server.jobs.store import JobStore

EVERY_S = 0.2
_ending = threading.Event()


@dataclass(slots=True)
class Running:
    process: subprocess.Popen[bytes]
    kind: str
    asked: bool = False
    """It was asked to end."""

    def ask_to_end(self) -> None:
        """Let its input end; `run` makes an interrupt of that, and ends it for good where it takes too long."""
        self.asked = True
        if self.process.stdin:
            self.process.stdin.close()

    @property
    def ended_in_order(self) -> bool:
        return self.asked and self.process.returncode in (0, INTERRUPTED)


class Worker:
    """Starts jobs, watches them, stops them."""

    def __init__(self, store: JobStore, held: IO[str]) -> None:
        """
        Args:
            held: the lock of the home; the jobs hold it too, so that the next worker waits for the last of them.
        """
        self._store, self._held = store, held
        self._running: dict[str, Running] = {}

    def settle(self) -> None:
        """What was running when the last worker was lost, and its jobs with it."""
        for job in self._store.running():
            self._store.interrupt(job, error=lost_error())

    def step(self) -> None:
        """Take note of what has ended, stop what is to stop, begin what can begin."""
        self._reap()
        for job, running in self._running.items():
            if self._store.is_stopping(job):
                running.ask_to_end()
        while row := self._store.take({running.kind for running in self._running.values()}):
            self._running[row["id"]] = Running(self._start(row["id"]), row["kind"])

    def shut_down(self) -> None:
        """Let every job save what it has, and end."""
        for running in self._running.values():
            running.ask_to_end()
        while self._running:
            time.sleep(EVERY_S)
            self._reap()

    def _reap(self) -> None:
        for job, running in list(self._running.items()):
            if running.process.poll() is not None:
                del self._running[job]
                ended_in_order = running.ended_in_order
                running.ask_to_end()
                self._store.interrupt(job, error=lost_error(), killed=not ended_in_order)

    def _start(self, job: str) -> subprocess.Popen[bytes]:
        language = self._store.language_of(job)
        return subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "ondol.server.jobs.run", "--home", str(self._store.home), job],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, pass_fds=(self._held.fileno(),),
            env={**os.environ, **({"ONDOL_LANG": language} if language else {})},
        )  # fmt: skip


def lost_error() -> dict[str, str]:
    return {
        "message": translate("Its process was lost again and again."),
        "hint": translate("Perhaps the memory is too small for it. Try again, with less at once."),
    }


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server says when it ends
    signal.signal(signal.SIGTERM, lambda *_: _ending.set())
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--home", type=Path, required=True)
    home = arguments.parse_args().home
    try:
        with JobStore(home) as store, _open_lock(home) as held:
            if _wait_for_turn(held):
                serve(Worker(store, held))
    except OndolError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)


def serve(worker: Worker) -> None:
    worker.settle()
    try:
        while not _is_over():
            worker.step()
    finally:
        worker.shut_down()


def _open_lock(home: Path) -> IO[str]:
    place = home / ".locks" / "jobs"
    place.parent.mkdir(parents=True, exist_ok=True)
    return place.open("w")


def _wait_for_turn(held: IO[str]) -> bool:
    """One worker a home: another server's may be at it, or jobs of one that was killed still end."""
    while True:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if _is_over():
                return False
        else:
            return True


def _is_over() -> bool:
    """Whether standard input has ended or a signal came; waits a moment for it."""
    ready, _, _ = select.select([0], [], [], EVERY_S)
    return _ending.is_set() or (bool(ready) and not os.read(0, 1024))


if __name__ == "__main__":
    main()
