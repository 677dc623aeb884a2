"""Where a server listens, and the token that it asks for."""

from __future__ import annotations

import ipaddress
import os
import socket
from pathlib import Path

from ondol.errors import BackendError, UsageError
from ondol.server.security import LOCAL, new_token

BACKLOG = 256
TOKEN = "ONDOL_TOKEN"  # noqa: S105 - its name


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
            "{host}:{port} cannot be served: {reason}.",
            hint="Choose another: ondol serve --port PORT, ondol mcp --http PORT", host=host, port=port, reason=error,
        ) from error  # fmt: skip
    return listener


def address_of(listener: socket.socket, host: str) -> str:
    name = socket.gethostname() if is_wildcard(host) else f"[{host}]" if ":" in host else host
    return f"http://{name}:{listener.getsockname()[1]}/"


def end_process(*_: object) -> None:
    """For SIGTERM: uvicorn sends itself the signal again when it ends; that must not kill us before we have closed."""
    raise KeyboardInterrupt
