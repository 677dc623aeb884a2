"""Which MCP servers there are: `mcp.toml`, or the JSON that other programs have for them."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ondol.errors import NotFound, UsageError
from ondol.registry import nearest

NAMES = ("mcp.toml", "mcp.json")
GROUPS = ("servers", "mcpServers")
"""Table of the file that holds the servers by name: ours, and the one that other programs have."""
TYPES = {"stdio": "command", "http": "url", "streamable-http": "url", "streamableHttp": "url"}
IGNORED = ("type", "disabled", "autoApprove", "alwaysAllow", "description")
"""Keys of other programs that say nothing here; `autoApprove` and `alwaysAllow` are theirs to grant."""
VARIABLE = re.compile(r"\$\{(?:env:)?(\w+)(?::-([^}]*))?\}")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
"""Stands in front of each of its tools' names."""
START_S, CALL_S = 30.0, 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class McpServer:
    """One server: a program of this machine (`command`), or an address (`url`)."""

    name: str
    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Given to the program beside HOME, PATH and the like; nothing else of the environment reaches it."""
    cwd: str = ""
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    trust: bool = False
    """Believe the server where it says that a tool only reads."""
    start_timeout_s: float = START_S
    timeout_s: float = CALL_S
    """For the answer to one call."""

    @property
    def local(self) -> bool:
        """Whether a call stays on this machine, as far as can be told from here."""
        return not self.url or is_this_machine(self.url)


def is_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def load_mcp_servers(home: Path, path: Path | None = None) -> dict[str, McpServer]:
    """The servers by name.

    Args:
        home: its `mcp.toml` or `mcp.json` is read after the ones in the current folder, which win.
        path: read this file and no other.

    Raises:
        NotFound: `path` is not there.
        UsageError: a file cannot be read, or names a server that cannot be one; all its mistakes are told.
    """
    if path and not path.is_file():
        raise NotFound("There is no file {path}.", hint="Name a mcp.toml, or a JSON with mcpServers.", path=path)
    found = [path] if path else [folder / name for folder in (Path(), home) for name in NAMES]
    servers: dict[str, McpServer] = {}
    for file in found:
        if file.is_file():
            servers = {**_read(file), **servers}
    return servers


def choose_servers(servers: Mapping[str, McpServer], names: tuple[str, ...]) -> list[McpServer]:
    """Raises: NotFound, when no server has one of the names."""
    for name in names:
        if name not in servers:
            close, known = nearest(name, list(servers)), ", ".join(sorted(servers)) or "–"
            raise NotFound(
                "There is no MCP server '{name}'.",
                hint="Did you mean '{close}'? Known: {known}." if close else "Known: {known}.",
                name=name, close=close, known=known,
            )  # fmt: skip
    return [servers[name] for name in dict.fromkeys(names)] if names else list(servers.values())


def _read(path: Path) -> dict[str, McpServer]:
    try:
        text = path.read_text(encoding="utf-8")
        rows = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise UsageError(
            "{path} cannot be read: {reason}.", hint="Check its permissions.", path=path, reason=error.strerror
        ) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(
            "{path} names no MCP servers: {reason}", hint="Mend or move it.", path=path, reason=error
        ) from error
    groups = [rows[name] for name in GROUPS if name in rows] if isinstance(rows, dict) else []
    if not groups or not all(isinstance(group, dict) for group in groups):
        raise UsageError(
            "{path} names no MCP servers: {reason}", hint="Mend or move it.", path=path,
            reason="[servers.NAME] or mcpServers is missing",
        )  # fmt: skip
    problems: list[str] = []
    found = {name: _server(name, row, problems) for group in groups for name, row in group.items()}
    if problems:
        raise UsageError(
            "{path} names no MCP servers: {reason}", hint="Mend or move it.", path=path, reason="; ".join(problems)
        )
    return {name: server for name, server in found.items() if server}


def _server(name: str, row: Any, problems: list[str]) -> McpServer | None:
    """None for one that is switched off, or wrong: then `problems` has grown."""
    before = len(problems)
    row = row if isinstance(row, dict) else {}
    if row.get("disabled") is True:
        return None
    known = {item.name: item for item in fields(McpServer) if item.name != "name"}
    problems += [f"{name} has a key '{key}', which is none" for key in row if key not in known and key not in IGNORED]
    if not NAME.fullmatch(name):
        problems.append(f"'{name[:40]}' is no name: it is made of a to z, digits, . _ and -")
    if row.get("type") not in (None, *TYPES):
        problems.append(f"{name} is of type '{row['type']}'; stdio and http are known")
    if bool(row.get("command")) == bool(row.get("url")):
        problems.append(f"{name} needs either a command or a url")
    if row.get("url") and urlsplit(str(row["url"])).scheme not in ("http", "https"):
        problems.append(f"the url of {name} begins with http:// or https://")
    values = {key: _value(name, key, row[key], problems) for key in row if key in known}
    return McpServer(name=name, **values) if len(problems) == before else None


def _value(server: str, key: str, value: Any, problems: list[str]) -> Any:
    """A value of the right type, with `${NAME}` filled from the environment."""

    def fill(text: Any) -> str:
        def variable(found: re.Match[str]) -> str:
            told = os.environ.get(found[1], found[2])
            if told is None:
                problems.append(f"{server} wants ${{{found[1]}}}, which the environment does not have")
            return told or ""

        return VARIABLE.sub(variable, text)

    match key, value:
        case (("command" | "cwd" | "url"), str()):
            return fill(value)
        case "args", list() if all(isinstance(item, str) for item in value):
            return tuple(fill(item) for item in value)
        case (("env" | "headers"), dict()) if all(isinstance(item, str) for item in value.values()):
            return {name: fill(item) for name, item in value.items()}
        case "trust", bool():
            return value
        case (("start_timeout_s" | "timeout_s"), (int() | float())) if 0 < value <= 3600:
            return float(value)
    problems.append(f"{key} of {server} has a value that it cannot have")
    return None
