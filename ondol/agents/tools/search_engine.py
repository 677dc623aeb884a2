"""The web's search engines, through a SearxNG server that the user named."""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from langchain_core.documents import Document
from langchain_core.tools import BaseTool
from pydantic import Field

from ondol.agents.tools.passages import MOST, AgentRun, number_passages, one_line, write_passages
from ondol.agents.tools.tool import ToolArgs, make_tool
from ondol.agents.tools.web import LIMITS
from ondol.errors import BackendError, UnusableInput, UsageError
from ondol.ingest.hidden import strip_hidden
from ondol.ingest.web.address import Address, parse_address
from ondol.ingest.web.connection import place_of
from ondol.ingest.web.limits import WebLimits
from ondol.ingest.web.request import Requests

LARGEST = 2 << 20
"""Bytes of an answer."""
LONGEST = 400
INSIDE = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "arpa", "test", "invalid")
"""Last parts of names that the web does not know."""


class SearchWebArgs(ToolArgs):
    query: str = Field(description="A few words to search the web for.")


def make_search_web(endpoint: str, *, k: int = 5, max_chars: int = 500, limits: WebLimits | None = None) -> BaseTool:
    """A tool that searches the web; its artifact is a document for each page that was found.

    Args:
        endpoint: address of a SearxNG server whose settings allow `format=json`; it may be on this machine.
        k: pages at most, 1 to 20.
        max_chars: of each page's excerpt.

    Raises:
        UsageError: the address is none, or `k` is out of its range.
    """
    if not 1 <= k <= MOST:
        raise UsageError("A search gives 1 to {most} passages of at least one character.", most=MOST)
    known = limits or WebLimits(
        connect_s=LIMITS.connect_s, read_s=LIMITS.read_s, total_s=LIMITS.total_s, allow_private=True
    )
    try:
        place = parse_address(endpoint)
    except UnusableInput as error:
        raise UsageError("'{url}' is no address of a search server: {reason}", url=endpoint, reason=error) from error
    path = place.path.rstrip("/").removesuffix("/search")

    def search(query: str, runtime: AgentRun = None) -> tuple[str, list[Document]]:
        target = f"{path}/search?q={quote(query[:LONGEST], safe='')}&format=json"
        found = list(_read_results(_ask(Address(place.scheme, place.host, place.port, target), known)))
        hits = number_passages(found[:k], runtime)
        return write_passages(hits, max_chars=max_chars) or "Nothing was found. Try other words.", hits

    return make_tool(
        search, name="search_web", args=SearchWebArgs, effect="network", untrusted=True, artifact=True,
        description="Search the web. Returns addresses with excerpts; read a page with fetch_page.",
    )  # fmt: skip


def _ask(address: Address, limits: WebLimits) -> Any:
    with Requests(limits) as requests, requests.get(address) as response:  # a redirect is no answer
        if response.status == 403:
            raise BackendError(
                "The search server does not allow format=json.", hint="Add json to search.formats in its settings.yml."
            )
        if response.status != 200:
            raise BackendError("The server answers with status {status}.", status=response.status)
        data = response.read(LARGEST)
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BackendError("The search server's answer is no JSON.") from error


def _read_results(answer: Any) -> Iterator[Document]:
    """The pages whose addresses may be on the web; the others are left out."""
    rows = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise BackendError("The search server's answer holds no results.")
    for row in rows:
        if not isinstance(row, dict) or not isinstance(row.get("url"), str):
            continue
        try:
            address = parse_address(row["url"])
        except UnusableInput:
            continue
        if is_public(address):
            title, text = (one_line(strip_hidden(str(row.get(name) or ""))[0], 2000) for name in ("title", "content"))
            yield Document(page_content=f"{title}\n{text}".strip(), metadata={"source": address.shown, "title": title})


def is_public(address: Address) -> bool:
    """Whether a host may be one of the web, by its name alone; who connects to it must look again at its addresses."""
    try:
        rows = socket.getaddrinfo(address.host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except OSError:  # a name, no number in any spelling
        last = address.host.rpartition(".")
        return bool(last[0]) and last[2] not in INSIDE
    found = [ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in rows]
    return bool(found) and all(place_of(ip) == "public" for ip in found)
