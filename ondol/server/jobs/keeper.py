"""The worker process as the server keeps it: started, started again when it is lost, ended with the server."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self

EVERY_S = 0.5
STEADY_S = 30.0
"""A worker that lived as long is started again at once."""
LONGEST_PAUSE_S = 60.0
PATIENCE_S = 10.0
"""Time that jobs have to save what they did while the server ends; the worker goes on with that by itself."""


class WorkerKeeper:
    """Keeps one worker running from `start` to `close`."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="ondol-worker-keeper", daemon=True)

    @property
    def pid(self) -> int | None:
        """Of the worker; None while there is none."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    def start(self) -> None:
        self._thread.start()

    def release(self) -> None:
        """Tell the worker to end, and do not wait for it: what it does is kept, and goes on at the next start."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._process and self._process.stdin:
            self._process.stdin.close()

    def close(self) -> None:
        """Let the worker end, and wait for it."""
        self.release()
        process, self._process = self._process, None
        if process is None:
            return
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:  # it waits for its last job, and for nobody else
            process.returncode = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _keep(self) -> None:
        pause = EVERY_S
        while not self._closed.is_set():
            began = time.monotonic()
            self._process = process = self._spawn()
            while process.poll() is None:
                if self._closed.wait(EVERY_S):
                    return
            if process.stdin:
                process.stdin.close()
            pause = EVERY_S if time.monotonic() - began > STEADY_S else min(2 * pause, LONGEST_PAUSE_S)
            self._closed.wait(pause)

    def _spawn(self) -> subprocess.Popen[bytes]:
        """In a session of its own: a Ctrl-C in the server's terminal is the server's."""
        return subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "ondol.server.jobs.worker", "--home", str(self._home)],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True, env=dict(os.environ),
        )  # fmt: skip
