"""One page of the web, read through the guard that lets no private address through."""

from __future__ import annotations

from pathlib import Path

from langchain_core.documents import Document
from langchain_core.tools import BaseTool
from pydantic import Field

from ondol.agents.tools.passages import AgentRun
from ondol.agents.tools.slices import show_slice
from ondol.agents.tools.tool import ToolArgs, make_tool
from ondol.ingest.parse import parse_bytes
from ondol.ingest.web.limits import WebLimits
from ondol.ingest.web.public import LIMITS, read_page


class FetchArgs(ToolArgs):
    url: str = Field(description="Address of a public page, with http:// or https://.")
    offset: int = Field(0, ge=0, description="Character to begin at.")


def make_fetch_page(*, limits: WebLimits | None = None, max_chars: int = 3000) -> BaseTool:
    """A tool that reads a public page as text; its artifact is a document that can be cited.

    The host's robots.txt is kept to. Only the network guard of `limits` decides what is public.
    """
    known = limits or LIMITS

    def fetch(url: str, offset: int, runtime: AgentRun = None) -> tuple[str, list[Document]]:
        page = read_page(url, known)
        parsed = parse_bytes(page.data, Path(f"{page.name}{page.suffix}"))
        metadata = {"source": page.url, "title": parsed.title, "date": parsed.date or page.day}
        return show_slice(parsed, offset, max_chars, metadata, runtime)

    return make_tool(
        fetch, name="fetch_page", args=FetchArgs, effect="network", untrusted=True, artifact=True,
        description="Read a public web page or document as text. Long ones are read piece by piece with offset.",
    )  # fmt: skip
