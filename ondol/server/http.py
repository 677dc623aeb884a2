"""`ondol serve`: the web application on uvicorn, until the process is told to end."""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from ondol.server.app import make_app
from ondol.server.engine import Engine
from ondol.server.jobs.keeper import WorkerKeeper
from ondol.server.listening import address_of, end_process, find_token, is_wildcard, listen
from ondol.server.security import Access
from ondol.settings import Settings

GRACE_S, CUT_S = 4, 3
"""How long running answers may go on when the server is to end, and how long everything then has to be closed."""


def serve_http(
    settings: Settings, *, host: str = "127.0.0.1", port: int = 8088, options: dict[str, Any] | None = None,
    parallel: int = 4, allowed_hosts: tuple[str, ...] = (), token_file: Path | None = None,
    ready: Callable[[str, str], None] | None = None,
) -> None:  # fmt: skip
    """Serve until Ctrl-C or SIGTERM, which ends this process in `GRACE_S + CUT_S` at most; a second one does at once.

    Args:
        port: 0 takes a free one.
        options: of the settings' model, as `open_model` takes them.
        parallel: answers written at once.
        allowed_hosts: names besides `host` by which the server is called.
        token_file: holds the token, or is made with a new one.
        ready: told the address, and the token where it was made now, once it can be reached.

    Raises:
        BackendError: the address cannot be served, or the token's file not be read.
    """
    token, is_new = find_token(host, token_file)
    access = Access(token=token, hosts=(host, *allowed_hosts), any_address=is_wildcard(host))
    with closing(listen(host, port)) as listener, WorkerKeeper(settings.home) as keeper:
        engine = Engine(settings, options=options, parallel=parallel)
        config = uvicorn.Config(  # h11 reads a header up to 64 KiB, httptools without end
            make_app(engine, access), http="h11", log_config=None, access_log=False, server_header=False, ws="none",
            timeout_graceful_shutdown=GRACE_S + 1, lifespan="on",
        )  # fmt: skip
        log_to_stderr()
        if ready:
            ready(address_of(listener, host), token if is_new else "")
        signal.signal(signal.SIGTERM, end_process)
        threading.Thread(target=engine.warm, name="warm", daemon=True).start()
        with suppress(KeyboardInterrupt):
            _Server(config, engine, keeper).run(sockets=[listener])


def log_to_stderr() -> None:
    """One line a request: method, route, status and time, and nothing that was asked or answered."""
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    for name, level in (("ondol", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [output], False
        logger.setLevel(level)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, engine: Engine, keeper: WorkerKeeper) -> None:
        super().__init__(config)
        self._engine, self._keeper, self._ending = engine, keeper, False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._ending:
            os._exit(128 + sig)
        self._ending = True
        threading.Thread(target=self._wind_down, daemon=True).start()  # locks are nothing that a signal may wait for
        super().handle_exit(sig, frame)

    def _wind_down(self) -> None:
        """Let go what works here, and end the process where something does not: a model in the middle of a long prompt
        hears nothing, and may hold the interpreter's lock while it is closed.
        """
        sink = Path(os.devnull).open("w")  # noqa: SIM115 - as long as the process
        faulthandler.dump_traceback_later(GRACE_S + CUT_S + 0.5, exit=True, file=sink)  # needs no lock
        self._engine.stop()
        self._keeper.release()
        time.sleep(GRACE_S)
        self._engine.queue.cut()
        time.sleep(CUT_S)
        os._exit(0)
