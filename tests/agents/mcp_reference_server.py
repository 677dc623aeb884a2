"""A small MCP server for the tests: sums, words, an error, a picture, a sleep, an end."""

import os
import sys
import time

from mcp.server.mcpserver import Image, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations

server = MCPServer("reference", log_level="ERROR")
READS = ToolAnnotations(read_only_hint=True)


@server.tool(annotations=READS)
def add(a: int, b: int) -> int:
    """Add two whole numbers."""
    return a + b


@server.tool(annotations=READS)
def greet(config: str, self_: str = "온돌") -> str:
    """Greet somebody."""
    return f"{config}님, 안녕하세요. {self_}"


@server.tool()
def append(text: str) -> str:
    """Write a line down."""
    return f"wrote {text}, secret {os.environ.get('SECRET', 'none')}, home {os.environ.get('ONDOL_HOME', 'none')}"


@server.tool()
def fail() -> str:
    """Never works."""
    raise ToolError("the shelf is empty")


@server.tool()
def picture() -> Image:
    """A picture."""
    return Image(data=b"123456", format="png")


@server.tool()
def many(letters: int) -> str:
    """A long text."""
    return "가" * letters


@server.tool()
def sleep(seconds: float) -> str:
    """Wait."""
    time.sleep(seconds)
    return "awake"


@server.tool()
def end() -> str:
    """End the process."""
    print("the reference server gives up", file=sys.stderr, flush=True)
    os._exit(3)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", port=int(sys.argv[1]))
    else:
        server.run()
