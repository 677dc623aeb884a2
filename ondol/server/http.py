"""`ondol serve`: the web application on uvicorn, until the process is told to end."""

from __future__ import annotations

import ipaddress
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from ondol.errors import BackendError, UsageError
from ondol.server.app import make_app
from ondol.server.engine import Engine
from ondol.server.jobs.keeper import WorkerKeeper
from ondol.server.security import LOCAL, Access, new_token
from ondol.settings import Settings

GRACE_S, CUT_S = 4, 3
"""How long running answers may go on when the server is to end, and how long they then have to say so."""
BACKLOG = 256
TOKEN = "ONDOL_TOKEN"  # noqa: S105 - its name


def serve_http(
    settings: Settings, *, host: str = "127.0.0.1", port: int = 8088, options: dict[str, Any] | None = None,
    parallel: int = 4, allowed_hosts: tuple[str, ...] = (), token_file: Path | None = None,
    ready: Callable[[str, str], None] | None = None,
) -> None:  # fmt: skip
    """Serve until Ctrl-C or SIGTERM.

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
    with closing(listen(host, port)) as listener, WorkerKeeper(settings.home):
        engine = Engine(settings, options=options, parallel=parallel)
        config = uvicorn.Config(
            make_app(engine, access), log_config=None, access_log=False, server_header=False, ws="none",
            timeout_graceful_shutdown=GRACE_S + CUT_S, lifespan="on",
        )  # fmt: skip
        log_to_stderr()
        if ready:
            ready(address_of(listener, host), token if is_new else "")
        signal.signal(signal.SIGTERM, _end)
        threading.Thread(target=engine.warm, name="warm", daemon=True).start()
        with suppress(KeyboardInterrupt):
            _Server(config, engine).run(sockets=[listener])


def find_token(host: str, file: Path | None) -> tuple[str, bool]:
    """The token that callers must know, and whether it was made now; none for a server that only this machine reaches,
    unless one was given.

    Raises:
        UsageError: the file is empty.
        BackendError: it can neither be read nor made.
    """
    if file is None:
        given = os.environ.get(TOKEN, "")
        return (given, False) if given or host in LOCAL else (new_token(), True)
    try:
        if not file.exists():
            file.touch(0o600, exist_ok=False)
            file.write_text(new_token() + "\n", encoding="ascii")
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise BackendError("The token in {path} cannot be read: {reason}.", path=file, reason=error) from error
    if not token:
        raise UsageError("There is no token in {path}.", hint="Remove the file, and ondol makes one.", path=file)
    return token, False


def is_wildcard(host: str) -> bool:
    """True for an address that means all of this machine's."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises BackendError when the address is taken or not this machine's."""
    try:
        [(family, kind, protocol, _, place), *_] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(place)
            listener.listen(BACKLOG)
        except BaseException:
            listener.close()
            raise
    except (OSError, OverflowError, UnicodeError) as error:
        raise BackendError(
            "{host}:{port} cannot be served: {reason}.", hint="Choose another: ondol serve --port PORT",
            host=host, port=port, reason=error,
        ) from error  # fmt: skip
    return listener


def address_of(listener: socket.socket, host: str) -> str:
    name = socket.gethostname() if is_wildcard(host) else f"[{host}]" if ":" in host else host
    return f"http://{name}:{listener.getsockname()[1]}/"


def log_to_stderr() -> None:
    """One line a request: method, route, status and time, and nothing that was asked or answered."""
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    for name, level in (("ondol", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [output], False
        logger.setLevel(level)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, engine: Engine) -> None:
        super().__init__(config)
        self._engine = engine

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        threading.Thread(target=self._wind_down, daemon=True).start()  # locks are nothing that a signal may wait for
        super().handle_exit(sig, frame)

    def _wind_down(self) -> None:
        self._engine.stop()
        time.sleep(GRACE_S)
        self._engine.queue.cut()


def _end(*_: object) -> None:
    """uvicorn sends itself the signal once more when it has ended; that must not kill us before we have closed."""
    raise KeyboardInterrupt
