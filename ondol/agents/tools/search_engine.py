"""Search in the web, through a SearxNG server that the user named."""

from __future__ import annotations

from langchain_core.documents import Document
from langchain_core.tools import BaseTool
from pydantic import Field

from ondol.agents.tools.passages import MOST, AgentRun, number_passages, one_line, write_passages
from ondol.agents.tools.tool import ToolArgs, make_tool
from ondol.errors import UsageError
from ondol.ingest.web.limits import WebLimits
from ondol.ingest.web.search_engine import Result, SearchEngine

LONGEST = 2000
"""Characters of a title or an excerpt."""


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
    engine = SearchEngine(endpoint, limits=limits)

    def search(query: str, runtime: AgentRun = None) -> tuple[str, list[Document]]:
        found = [_document(result) for result in engine.search(query)[:k]]
        hits = number_passages(found, runtime)
        return write_passages(hits, max_chars=max_chars) or "Nothing was found. Try other words.", hits

    return make_tool(
        search, name="search_web", args=SearchWebArgs, effect="network", untrusted=True, artifact=True,
        description="Search the web. Returns addresses with excerpts; read a page with fetch_page.",
    )  # fmt: skip


def _document(result: Result) -> Document:
    title, text = one_line(result.title, LONGEST), one_line(result.excerpt, LONGEST)
    return Document(page_content=f"{title}\n{text}".strip(), metadata={"source": result.address.shown, "title": title})
