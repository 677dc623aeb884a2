"""Doors for other programs: each serves until it is ended."""

from ondol.registry import Entry

SERVERS = {
    "http": Entry("http:serve_http", extra="serve", about="the page, a JSON API and OpenAI's protocol"),
    "mcp": Entry("mcp:serve_mcp", extra="agents", about="search and ask over the Model Context Protocol"),
}
