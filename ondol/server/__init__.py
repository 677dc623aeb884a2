"""Doors for other programs: each serves until it is ended."""

from ondol.registry import Entry

SERVERS = {
    "mcp": Entry("mcp:serve_mcp", extra="agents", about="search and ask over the Model Context Protocol"),
}
