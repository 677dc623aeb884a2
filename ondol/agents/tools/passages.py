"""Numbered passages, so that an answer can cite [n]; the numbers of one run never stand twice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Annotated, Any

from langchain_core.documents import Document
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import InjectedToolArg
from langgraph.prebuilt import ToolRuntime

from ondol.library.places import show_place

AgentRun = Annotated[ToolRuntime[Any, Any] | None, InjectedToolArg]
"""What an agent gives to the parameter `runtime` of a tool; no model can."""
MOST = 20
"""Passages of one call; calls of one turn run beside each other, and each has this many numbers to itself."""


def number_passages(hits: Sequence[Document], runtime: AgentRun) -> list[Document]:
    """Copies of the first `MOST` hits with `mark` in their metadata, which counts on from the run's earlier calls.

    Without `runtime` the numbers begin at 1.
    """
    first = _first_mark(runtime)
    return [
        Document(id=hit.id, page_content=hit.page_content, metadata={**hit.metadata, "mark": mark})
        for mark, hit in enumerate(hits[:MOST], first)
    ]


def write_passages(hits: Sequence[Document], *, max_chars: int) -> str:
    """`[3] rules.pdf, p. 2` and the text below it, indented: no text can pretend to be a passage of its own.

    Args:
        max_chars: of each text; what is cut off is shown by an ellipsis.
    """
    blocks = []
    for hit in hits:
        source = str(hit.metadata.get("source") or hit.metadata.get("title") or "-")
        place = show_place({**hit.metadata, "source": source}, source=_short(source))
        place += f" (offset {hit.metadata['offset']})" if "offset" in hit.metadata else ""
        blocks.append(
            f"[{hit.metadata['mark']}] {one_line(place, 300)}\n  {indented(cut(hit.page_content, max_chars))}"
        )
    return "\n\n".join(blocks)


def indented(text: str) -> str:
    return "\n  ".join(text.strip("\n").splitlines())


def cut(text: str, max_chars: int) -> str:
    """The beginning of a text, cut behind a word where there is one near."""
    if len(text) <= max_chars:
        return text
    kept = text[:max_chars]
    space = kept.rfind(" ")
    return f"{kept[:space] if space > max_chars * 0.8 else kept} …"


def one_line(text: str, max_chars: int) -> str:
    return cut(" ".join(text.split()), max_chars)


def _short(source: str) -> str:
    """Only the name of a file that is named by a whole path."""
    return PurePosixPath(source).name if source.startswith("/") else source


def _first_mark(runtime: AgentRun) -> int:
    state = getattr(runtime, "state", None)
    messages = state.get("messages", []) if isinstance(state, dict) else state
    if not runtime or not isinstance(messages, list):
        return 1
    artifacts = (message.artifact for message in messages if isinstance(message, ToolMessage))
    hits = (hit for artifact in artifacts if isinstance(artifact, list) for hit in artifact)
    marks = [hit.metadata.get("mark", 0) for hit in hits if isinstance(hit, Document)]
    asked = next((message for message in reversed(messages) if isinstance(message, AIMessage)), None)
    calls = [call["id"] for call in asked.tool_calls] if asked else []
    position = calls.index(runtime.tool_call_id) if runtime.tool_call_id in calls else 0
    return 1 + max(marks, default=0) + position * MOST
