"""Search in one's own documents."""

from __future__ import annotations

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import BaseTool
from pydantic import Field

from ondol.agents.tools.passages import MOST, AgentRun, number_passages, write_passages
from ondol.agents.tools.tool import ToolArgs, make_tool
from ondol.errors import UsageError

ABOUT = "Search the user's documents. Returns passages; cite them by their number, like [1]."
NOTHING = "Nothing was found. Try other words, or say that the documents do not tell."


class SearchArgs(ToolArgs):
    query: str = Field(description="What to look for: a question or a few words, in the user's language.")


def make_search_documents(
    retriever: BaseRetriever,
    *,
    k: int = 5,
    max_chars: int = 1000,
    name: str = "search_documents",
    about: str = ABOUT,
) -> BaseTool:
    """A tool that finds passages; its artifact is the hits, with their numbers as `mark` in the metadata.

    Args:
        k: passages at most, 1 to 20.
        max_chars: of each passage.
        name: another one where an agent searches several collections.
        about: what the model is told; say what the documents are about.

    Raises:
        UsageError: a limit is out of its range.
    """
    if not 1 <= k <= MOST or max_chars < 1:
        raise UsageError("A search gives 1 to {most} passages of at least one character.", most=MOST)

    def search(query: str, runtime: AgentRun = None) -> tuple[str, list[Document]]:
        hits = number_passages(retriever.invoke(query)[:k], runtime)
        return write_passages(hits, max_chars=max_chars) or NOTHING, hits

    return make_tool(search, name=name, description=about, args=SearchArgs, untrusted=True, artifact=True)
