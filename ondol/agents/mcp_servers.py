"""Tools of MCP servers: each server is started when its tools are first wanted, and its session stays open."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Lock
from typing import Any, Self

import anyio
import httpx2
from anyio.from_thread import BlockingPortal, start_blocking_portal
from langchain_core.tools import BaseTool
from mcp import Client, MCPError, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CONNECTION_CLOSED, REQUEST_TIMEOUT, CallToolResult, Tool

from ondol.agents import TOOLS
from ondol.agents.mcp_config import McpServer, choose_servers, load_mcp_servers
from ondol.agents.mcp_tool import make_tool
from ondol.errors import BackendError, Offline

logging.getLogger("mcp").addHandler(
    logging.NullHandler()
)  # what a server prints beside the protocol stays out of sight

MAX_TOOLS, MAX_PAGES = 128, 16
LAST_WORDS = 300
"""Characters of what a program said before it ended."""
GRACE_S = 15.0
"""For a server to end by itself; the SDK kills it before."""
TRANSPORT_TIMEOUT_S = 30.0
FAILURES = (MCPError, OSError, ValueError, RuntimeError, ExceptionGroup, httpx2.HTTPError)
"""What the SDK lets out; `TimeoutError` is an OSError."""


class McpServers:
    """The servers of a configuration; use as a context, or `close` it."""

    def __init__(self, servers: Mapping[str, McpServer], *, offline: bool = False) -> None:
        self.servers, self.offline = dict(servers), offline
        self.left_out: list[str] = []
        """Tools that were not taken, as `server/tool`: the schema is none, the name is taken, or they are too many."""
        self._sessions: dict[str, _Session] = {}
        self._stack = ExitStack()
        self._portal: BlockingPortal | None = None

    def tools(self, *names: str) -> list[BaseTool]:
        """The tools of these servers, or of all; those that are not running are started.

        Raises:
            NotFound: no server has one of the names.
            BackendError: one does not start, does not answer, or does not speak the protocol.
            Offline: it is on another machine and ondol is offline.
        """
        found: dict[str, BaseTool] = {}
        for server in choose_servers(self.servers, names):
            session = self._open(server)
            for offered in session.offered:
                tool = make_tool(offered, server, session.call) if len(found) < MAX_TOOLS else None
                if tool is None or tool.name in found or tool.name in TOOLS:
                    self.left_out.append(f"{server.name}/{offered.name[:40]}")
                else:
                    found[tool.name] = tool
        return list(found.values())

    def close(self) -> None:
        """End all servers that run."""
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()
        self._stack.close()
        self._portal = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self, server: McpServer) -> _Session:
        if self.offline and not server.local:
            raise Offline(
                "The MCP server '{name}' is on another machine and ondol is offline.",
                hint="Allow the network, or leave the server out.", name=server.name,
            )  # fmt: skip
        if self._portal is None:
            self._portal = self._stack.enter_context(start_blocking_portal(name="mcp"))
        session = self._sessions.setdefault(server.name, _Session(server, self._portal))
        session.start()
        return session


def open_mcp_servers(home: Path, path: Path | None = None, *, offline: bool = False) -> McpServers:
    """The servers that `mcp.toml` or `mcp.json` names, here and in `home`, or `path`; none is started yet.

    Raises:
        NotFound, UsageError: as `load_mcp_servers`.
    """
    return McpServers(load_mcp_servers(home, path), offline=offline)


class _Session:
    """One server. A task of the event loop's thread holds the connection; the methods are called from others."""

    def __init__(self, server: McpServer, portal: BlockingPortal) -> None:
        self.server = server
        self.offered: list[Tool] = []
        self._portal, self._starting = portal, Lock()
        self._client: Client | None = None
        self._held: Future[None] | None = None
        self._end: anyio.Event | None = None
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - until close

    def start(self) -> None:
        """Unless it runs; raises as `McpServers.tools`."""
        with self._starting:
            if not (self._client and self._held and not self._held.done()):
                self._stop()
                self._start()

    def call(self, tool: str, arguments: dict[str, Any]) -> CallToolResult:
        """Raises: BackendError, when the server has ended, is silent, or answers what is no answer."""
        self.start()  # again, after it ended
        assert self._client
        asked: Future[CallToolResult] = self._portal.start_task_soon(self._ask, self._client, tool, arguments)
        try:
            return asked.result(self.server.timeout_s + GRACE_S)
        except FAILURES as error:
            told = self._told(error, self.server.timeout_s, "The MCP server '{name}' answers nonsense: {reason}")
            if isinstance(error, TimeoutError) or _is_closed(error):
                self._stop()
            raise told from error
        finally:
            asked.cancel()  # Ctrl-C: nobody waits for it any more

    def close(self) -> None:
        self._stop()
        self._errors.close()

    def _start(self) -> None:
        ready: Future[tuple[Client, list[Tool], anyio.Event]] = Future()
        self._held = self._portal.start_task_soon(self._hold, ready)
        try:
            self._client, self.offered, self._end = ready.result(self.server.start_timeout_s)
        except FAILURES as error:
            told = self._told(error, self.server.start_timeout_s, "The MCP server '{name}' does not start: {reason}")
            self._stop()
            raise told from error
        except BaseException:  # Ctrl-C
            self._stop()
            raise

    async def _hold(self, ready: Future[tuple[Client, list[Tool], anyio.Event]]) -> None:
        try:
            async with (
                httpx2.AsyncClient(
                    headers=dict(self.server.headers), trust_env=not self.server.local,
                    timeout=httpx2.Timeout(TRANSPORT_TIMEOUT_S, read=self.server.timeout_s),
                ) as http,
                Client(
                    self._transport(http), cache=None, read_timeout_seconds=self.server.timeout_s,
                ) as client,
            ):  # fmt: skip
                end = anyio.Event()
                ready.set_result((client, await _list_tools(client), end))
                await end.wait()
        except BaseException as error:
            if not ready.done():
                ready.set_exception(error)
            if not isinstance(error, Exception):
                raise

    def _transport(self, http: httpx2.AsyncClient) -> Any:
        if self.server.url:
            return streamable_http_client(self.server.url, http_client=http)
        program = StdioServerParameters(
            command=self.server.command, args=list(self.server.args), env=dict(self.server.env),
            cwd=self.server.cwd or None, encoding_error_handler="replace",
        )  # fmt: skip
        return stdio_client(program, errlog=self._errors)

    async def _ask(self, client: Client, tool: str, arguments: dict[str, Any]) -> CallToolResult:
        return await client.call_tool(tool, arguments, read_timeout_seconds=self.server.timeout_s)

    def _stop(self) -> None:
        held, end, self._client, self._held, self._end = self._held, self._end, None, None, None
        if held is None:
            return
        with suppress(Exception):  # the loop, or the task, has ended
            if end:
                self._portal.call(end.set)
            else:
                held.cancel()
            held.result(GRACE_S)

    def _told(self, error: BaseException, seconds: float, otherwise: str) -> BackendError:
        """The failure as a person can read it; `otherwise` is what is said when it is neither silence nor an end."""
        inner, name = _innermost(error), self.server.name
        if isinstance(inner, TimeoutError) or (isinstance(inner, MCPError) and inner.code == REQUEST_TIMEOUT):
            return BackendError(
                "The MCP server '{name}' did not answer within {seconds:g} s.",
                hint="Give it more time with timeout_s or start_timeout_s in mcp.toml, or leave it out.",
                name=name, seconds=seconds,
            )  # fmt: skip
        if _is_closed(inner):
            otherwise, reason = "The MCP server '{name}' has ended. {reason}", self._last_words()
        else:
            reason = " ".join((str(inner) or type(inner).__name__).split())[:LAST_WORDS]
            otherwise = "The MCP server '{name}' refuses: {reason}" if isinstance(inner, MCPError) else otherwise
        return BackendError(otherwise, hint="Try its command or address by hand.", name=name, reason=reason.strip())

    def _last_words(self) -> str:
        with suppress(OSError, ValueError):
            self._errors.seek(0)
            return " ".join(self._errors.read()[-LAST_WORDS:].split())
        return ""


async def _list_tools(client: Client) -> list[Tool]:
    """All pages, of which a server has no more than `MAX_PAGES`."""
    found: list[Tool] = []
    cursor: str | None = None
    for _ in range(MAX_PAGES):
        page = await client.list_tools(cursor=cursor)
        found += page.tools
        cursor = page.next_cursor
        if cursor is None or len(found) > MAX_TOOLS:
            break
    return found


def _is_closed(error: BaseException) -> bool:
    """The connection has gone."""
    inner = _innermost(error)
    return isinstance(inner, MCPError) and inner.code == CONNECTION_CLOSED


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
