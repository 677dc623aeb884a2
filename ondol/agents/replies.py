"""A model's reply made well formed: thoughts apart, calls that can be answered one by one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Set
from typing import Any
from uuid import uuid4

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.tool import ToolCall, tool_call

from ondol.models.thinking import FORMATS, R1, ThinkingSplitter
from ondol.models.tool_text import MARKS, read_calls

THOUGHT = "reasoning_content"
THOUGHT_BLOCKS = ("reasoning", "thinking", "redacted_thinking")
NAMED = re.compile(r'"name"\s*:\s*"([^"\n]{1,64})"')
BROKEN_CALL = re.compile(r'\s*(?:```(?:json)?\s*)?[{\[]+\s*"(?:name|function|tool_calls?)"\s*:')
"""An answer that begins like a call and never became one."""


def forget(message: BaseMessage) -> BaseMessage:
    """A message as the model reads it again: without its thoughts, and of a stop only that it was one."""
    if not isinstance(message, AIMessage):
        return message
    stopped = message.response_metadata.get("stopped")
    content = stopped["message"] if stopped else message.content
    if isinstance(content, list):
        content = [row for row in content if not (isinstance(row, dict) and row.get("type") in THOUGHT_BLOCKS)]
    kept = {key: value for key, value in message.additional_kwargs.items() if key not in (THOUGHT, "reasoning")}
    return message.model_copy(update={"content": content, "additional_kwargs": kept})


def thought_of(message: AIMessage) -> str:
    """What a reasoning model thought before it wrote this."""
    blocks = message.content if isinstance(message.content, list) else []
    told = [str(row.get("reasoning") or row.get("thinking") or "") for row in blocks
            if isinstance(row, dict) and row.get("type") in THOUGHT_BLOCKS]  # fmt: skip
    return str(message.additional_kwargs.get(THOUGHT) or "") or "\n".join(filter(None, told))


def clean_reply(message: AIMessage, offered: Set[str], used: Set[str | None]) -> AIMessage:
    """The reply with its thoughts beside the text, and every call with a name and an id of its own.

    Calls whose arguments cannot be read are kept without arguments; `response_metadata["unreadable"]` holds their ids.

    Args:
        offered: names of the tools.
        used: ids of earlier calls.
    """
    content, thought, calls = message.content, "", list(message.tool_calls)
    broken = [str(row.get("name") or "") for row in message.invalid_tool_calls]
    if isinstance(content, str):
        content, thought = split_thought(content)
        if offered and not calls and not broken:
            content, calls = read_calls(content, offered)
            if not calls and (any(mark in content for mark in MARKS) or BROKEN_CALL.match(content)):
                named = NAMED.search(content)
                content, broken = "", [named[1] if named else ""]
    good = list(_numbered(_without_repeats(calls), used))
    bad = list(_numbered([tool_call(name=name, args={}, id=None) for name in broken], used))
    update: dict[str, Any] = {"content": content, "tool_calls": [*good, *bad], "invalid_tool_calls": []}
    if bad:
        update["response_metadata"] = {**message.response_metadata, "unreadable": [call["id"] for call in bad]}
    if thought:
        before = str(message.additional_kwargs.get(THOUGHT) or "")
        update["additional_kwargs"] = {**message.additional_kwargs, THOUGHT: before + thought}
    return message.model_copy(update=update)


def split_thought(text: str) -> tuple[str, str]:
    """Answer and thoughts of a text that a foreign runtime gave as one."""
    tags = next((known for known in FORMATS if text.lstrip().startswith(known.open)), None)
    if tags is None and R1.close in text and R1.open not in text:
        tags = R1
    if tags is None:
        return text, ""
    splitter = ThinkingSplitter(tags)
    pieces = [*splitter.feed(text), *splitter.rest()]
    said = {kind: "".join(words for other, words in pieces if other == kind) for kind in ("answer", "thinking")}
    return said["answer"].strip(), said["thinking"].strip()


def call_key(call: ToolCall) -> str:
    """The same for calls that ask for the same."""
    return json.dumps([call["name"], call["args"]], sort_keys=True, ensure_ascii=False, default=str)


def _without_repeats(calls: list[ToolCall]) -> list[ToolCall]:
    return list({call_key(call): call for call in reversed(calls)}.values())[::-1]


def _numbered(calls: list[ToolCall], used: Set[str | None]) -> Iterator[ToolCall]:
    """A name that every template and server takes, and an id that no other call has."""
    seen = set(used)
    for call in calls:
        name = re.sub(r"[^\w.-]", "_", call["name"], flags=re.ASCII)[:64] or "unnamed"
        number = call["id"] if call["id"] and call["id"] not in seen else uuid4().hex[:9]
        seen.add(number)
        yield tool_call(
            name=call["name"] if call["name"].isidentifier() and len(call["name"]) <= 64 else name,
            args=call["args"],
            id=number,
        )
