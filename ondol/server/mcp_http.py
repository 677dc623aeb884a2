"""MCP over HTTP, on this machine and behind the same guard as `ondol serve`."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import uvicorn
from mcp.server import MCPServer

from ondol.server.listening import address_of, end_process, find_token, listen
from ondol.server.security import Access, Guard

HOST = "127.0.0.1"
"""The only address that is served."""
GRACE_S = 4
"""How long running calls may go on when the server is to end."""


def serve_guarded(
    server: MCPServer[Any], port: int, *, token_file: Path | None = None, ready: Callable[[str], None] | None = None
) -> None:
    """Serve until Ctrl-C or SIGTERM; the SDK's own check would let pages of any port of this machine call.

    Args and errors as `serve_mcp`.
    """
    access = Access(token=find_token(HOST, token_file)[0])
    with closing(listen(HOST, port)) as listener:
        config = uvicorn.Config(  # h11 as in `ondol serve`
            Guard(server.streamable_http_app(host=HOST), access), http="h11", log_level="error",
            access_log=False, server_header=False, ws="none", timeout_graceful_shutdown=GRACE_S, lifespan="on",
        )  # fmt: skip
        if ready:
            ready(f"{address_of(listener, HOST)}mcp")
        signal.signal(signal.SIGTERM, end_process)
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])
