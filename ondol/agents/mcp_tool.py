"""A tool of an MCP server as LangChain knows tools; what the server says about it is not believed unseen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from langchain_core.tools import StructuredTool, ToolException
from mcp_types import (
    AudioContent,
    CallToolResult,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
    Tool,
)

from ondol.agents.mcp_config import McpServer
from ondol.ingest.hidden import strip_hidden

NAME_CHARACTERS = 64
"""What the interfaces of models take as a tool's name: letters, digits, _ and -."""
ABOUT_CHARACTERS, PARAMETER_CHARACTERS = 1000, 300
"""Of a description: enough to tell what a tool does, too little to lecture the model."""
SCHEMA_CHARACTERS, SCHEMA_DEPTH = 20_000, 12
RESULT_CHARACTERS = 40_000
PLAIN = re.compile(r"[^A-Za-z0-9_-]+")
Call = Callable[[str, dict[str, Any]], CallToolResult]


class McpTool(StructuredTool):
    """A StructuredTool whose arguments may have any name (`config`, `self`): the server chooses them."""

    def _run(self, /, *_: Any, **arguments: Any) -> Any:
        assert self.func
        return self.func(arguments)

    async def _arun(self, /, *_: Any, **arguments: Any) -> Any:
        from langchain_core.runnables import run_in_executor

        assert self.func
        return await run_in_executor(None, self.func, arguments)


def make_tool(tool: Tool, server: McpServer, call: Call) -> McpTool | None:
    """The tool, called `server_tool`; None where its schema is none, leaves the document, or is enormous.

    Calling it raises `BackendError` when the server has gone, and tells the model what the tool calls a mistake.
    """
    schema = read_schema(tool.input_schema)
    name = PLAIN.sub("_", f"{server.name}_{tool.name}").strip("_")[:NAME_CHARACTERS]
    if schema is None or not tool.name or not PLAIN.sub("", tool.name):
        return None

    def run(arguments: dict[str, Any]) -> str:
        return write_result(call(tool.name, arguments))

    return McpTool(
        name=name, description=_clean(tool.description or tool.title or tool.name, ABOUT_CHARACTERS), func=run,
        args_schema=schema, handle_tool_error=True,
        metadata={"effect": _effect(tool, server), "untrusted": True, "mcp_server": server.name},
    )  # fmt: skip


def read_schema(schema: dict[str, Any]) -> dict[str, Any] | None:
    """The JSON schema of an object, with short descriptions without invisible characters."""
    if schema.get("type", "object") != "object" or not isinstance(schema.get("properties", {}), dict):
        return None
    try:
        if len(json.dumps(schema, ensure_ascii=False)) > SCHEMA_CHARACTERS or _is_strange(schema):
            return None
    except (ValueError, RecursionError):
        return None
    cleaned = _walk(schema)
    assert isinstance(cleaned, dict)
    return {"properties": {}, **cleaned, "type": "object"}


def write_result(result: CallToolResult) -> str:
    """What the tool gave, as text.

    Raises:
        ToolException: the tool calls it a mistake.
    """
    text = "\n".join(_lines(result)) or "(nothing)"
    if len(text) > RESULT_CHARACTERS:
        text = f"{text[:RESULT_CHARACTERS]}\n… ({len(text) - RESULT_CHARACTERS} characters more)"
    if result.is_error:
        raise ToolException(text)
    return text


def _lines(result: CallToolResult) -> Iterator[str]:
    for block in result.content:
        match block:
            case TextContent():
                yield block.text
            case EmbeddedResource(resource=TextResourceContents() as resource):
                yield resource.text
            case EmbeddedResource():
                yield f"({block.resource.uri})"
            case ResourceLink():
                yield f"{block.name}: {block.uri}"
            case ImageContent() | AudioContent():
                yield f"({block.mime_type}, {len(block.data) * 3 // 4} bytes)"
    if not result.content and result.structured_content is not None:
        yield json.dumps(result.structured_content, ensure_ascii=False)


def _effect(tool: Tool, server: McpServer) -> str:
    if not server.local:
        return "network"
    says_reads = tool.annotations is not None and tool.annotations.read_only_hint is True
    return "read" if server.trust and says_reads else "write"


def _is_strange(value: Any, depth: int = 0) -> bool:
    """Deeper than any person writes, or with a reference that leaves the schema."""
    if depth > SCHEMA_DEPTH:
        return True
    if isinstance(value, dict):
        away = [value[key] for key in ("$ref", "$dynamicRef") if isinstance(value.get(key), str)]
        return any(not ref.startswith("#") for ref in away) or any(_is_strange(v, depth + 1) for v in value.values())
    return isinstance(value, list) and any(_is_strange(item, depth + 1) for item in value)


def _walk(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _walk(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_walk(item) for item in value]
    if isinstance(value, str) and key in ("description", "title", "$comment"):
        return _clean(value, PARAMETER_CHARACTERS)
    return value


def _clean(text: str, characters: int) -> str:
    text = " ".join(strip_hidden(text)[0].split())
    return text if len(text) <= characters else f"{text[: characters - 1]}…"
