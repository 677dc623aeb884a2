"""One page of the web, read through the guard that lets no private address through."""

from __future__ import annotations

from pathlib import Path

from langchain_core.documents import Document
from langchain_core.tools import BaseTool
from pydantic import Field

from ondol.agents.tools.passages import AgentRun
from ondol.agents.tools.slices import show_slice
from ondol.agents.tools.tool import ToolArgs, make_tool
from ondol.errors import BackendError, UnusableInput
from ondol.ingest.formats import FORMATS
from ondol.ingest.parse import parse_bytes
from ondol.ingest.web.address import parse_address
from ondol.ingest.web.connection import place_of
from ondol.ingest.web.limits import WebLimits
from ondol.ingest.web.page import Fetched, find_suffix, make_page
from ondol.ingest.web.redirects import follow
from ondol.ingest.web.request import Requests
from ondol.ingest.web.robots import Manners

LIMITS = WebLimits(max_mb=10, connect_s=5.0, read_s=10.0, total_s=30.0, delay_s=0.0, longest_delay_s=2.0)
UNREAD = ("audio:", "archive:")
"""Formats that take minutes, or are many files."""


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


def read_page(url: str, limits: WebLimits) -> Fetched:
    """One page, never a sitemap's pages.

    Raises:
        UnusableInput: it is private, of no known format, too large, or there is none.
        BackendError: the host cannot be reached.
    """
    address = parse_address(url if "://" in url else f"https://{url}")
    try:
        with Requests(limits) as requests:
            manners = Manners(requests, limits)
            with follow(requests, address, limits, before=manners.ask, after=manners.done) as response:
                if response.status != 200:
                    raise BackendError("The server answers with status {status}.", status=response.status)
                suffix = find_suffix(response)
                if suffix and FORMATS[suffix].target.startswith(UNREAD):
                    raise UnusableInput("The format {kind} cannot be read.", kind=suffix)
                return make_page(response, response.read(limits.max_bytes), suffix)
    except UnusableInput as error:
        if "address" in error.values and place_of(error.values["address"]) != "public":
            raise UnusableInput("{host} is no public host; only public pages are read.", **error.values) from error
        raise
