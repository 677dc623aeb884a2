"""A conversation as a text or as data for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage

from ondol.chat.conversation import INTERRUPTED, UNANSWERED
from ondol.chat.thread import Thread
from ondol.lang import translate
from ondol.library.places import show_place


def thread_markdown(thread: Thread, messages: Sequence[BaseMessage]) -> str:
    """Questions as headings, answers below, each with the sources of its marks."""
    when = datetime.fromtimestamp(thread.created).strftime("%Y-%m-%d %H:%M")  # in the reader's own time
    parts = [f"# {thread.name}", f"*{when} · {thread.model}*"]
    for message in messages:
        if isinstance(message, HumanMessage):
            parts.append("## " + message.text.replace("\n", "  \n"))
            continue
        told = message.response_metadata
        parts.append(message.text or "–")
        if told.get("finish_reason") in (INTERRUPTED, UNANSWERED):
            parts.append(f"*({translate(told['finish_reason'])})*")
        sources = [_source(citation) for citation in told.get("answer", {}).get("citations", [])]
        if sources:
            parts.append("\n".join(sources))
    return "\n\n".join(parts) + "\n"


def thread_json(thread: Thread, messages: Sequence[BaseMessage]) -> dict[str, Any]:
    """`{"id", "name", …, "messages": [{"role", "content", …}]}`; answers carry their citations."""
    return {**thread.to_json(), "messages": [_row(message) for message in messages]}


def _row(message: BaseMessage) -> dict[str, Any]:
    if isinstance(message, HumanMessage):
        return {"role": "user", "content": message.text}
    told = message.response_metadata
    row = {"role": "assistant", "content": message.text, "model": told.get("model_name", "")}
    return {**row, **told.get("answer", {}), "finish_reason": told.get("finish_reason", "stop")}


def _source(citation: dict[str, Any]) -> str:
    return f"- [{citation['mark']}] {show_place(citation)}: “{' '.join(citation['quote'].split())}”"
