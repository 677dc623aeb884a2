"""Tool calls that a model writes as text → LangChain's tool calls."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Set
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import ToolCall, ToolCallChunk, tool_call, tool_call_chunk

HERMES, MISTRAL, PYTHON = "<tool_call>", "[TOOL_CALLS]", "<|python_tag|>"
RECIPIENT, CONSTRAIN = "to=functions.", "<|constrain|>"
CHANNEL = f"<|channel|>commentary {RECIPIENT}"
MARKS = (HERMES, MISTRAL, PYTHON, CHANNEL, RECIPIENT)
"""What begins a call: Hermes and Qwen; Mistral; Llama 3; gpt-oss, which may name the tool before its channel.

Llama and others also write a bare JSON object.
"""
HERMES_END = "</tool_call>"

_NAMED = re.compile(r"\s*([\w.-]+)\s*(?:\[CALL_ID\]\w+)?(?:\[ARGS\])?\s*(?=\{)")
"""Mistral since 2025: `[TOOL_CALLS]name[ARGS]{…}`."""
_SENT = re.compile(
    r"to=functions\.([\w.-]+)\s*(?:<\|channel\|>commentary)?\s*(?:<\|constrain\|>)?(?:json)?\s*<\|message\|>\s*(?=\{)"
)
_FENCE = re.compile(r"\s*```(?:json)?\s*(.*?)\s*```\s*", re.DOTALL)
_DECODER = json.JSONDecoder()


class ToolReader:
    """Lets text through up to the first call, and holds back what could still become one.

    Nothing behind the first mark is shown: whether it is a call is known at its end only.
    """

    def __init__(self, names: Set[str]) -> None:
        """`names` are the tools that were offered; with none, every text is text."""
        self._names = names
        self._held = ""
        self._shown = False
        self._inside = False

    def feed(self, text: str) -> str:
        """What can be shown now."""
        if not self._names:
            return text
        self._held += text
        if self._inside:
            return ""
        if not self._shown and self._held.lstrip()[:1] in ("", "{", "[", "`"):
            return ""  # perhaps bare JSON, which begins an answer and fills it
        places = [self._held.find(mark) for mark in MARKS if mark in self._held]
        self._inside = bool(places)
        sure = min(places) if places else len(self._held) - _unsure(self._held)
        shown, self._held = self._held[:sure], self._held[sure:]
        self._shown = self._shown or bool(shown.strip())
        return shown

    def rest(self) -> tuple[str, list[ToolCall]]:
        """Text and calls that were held back, when the answer has ended."""
        held, self._held = self._held, ""
        return read_calls(held, self._names) if self._names else (held, [])


def read_calls(text: str, names: Set[str]) -> tuple[str, list[ToolCall]]:
    """Split an answer into its text and its calls; what is no complete call stays text.

    Args:
        names: tools that were offered; a call without a mark is only one when it names one of them.
    """
    if calls := list(_bare(text, names)):  # first: a mark in an argument of such a call is none
        return "", calls
    starts = sorted((text.find(mark), mark) for mark in MARKS if mark in text)
    if not starts:
        return text, []
    at, mark = starts[0]
    if mark in (CHANNEL, RECIPIENT):
        calls = list(_harmony(text[at:]))
    else:
        calls = list({HERMES: _hermes, MISTRAL: _mistral, PYTHON: _semicolons}[mark](text[at + len(mark) :]))
    return (text[:at].rstrip() if calls else text), calls


def split_calls(chunks: Iterator[AIMessageChunk], names: Set[str]) -> Iterator[AIMessageChunk]:
    """Move calls from the text to the chunk that ends a stream; its `finish_reason` is then "tool_calls".

    Closing the iterator closes `chunks`.
    """
    reader = ToolReader(names)
    with ExitStack() as stack:
        if hasattr(chunks, "close"):
            stack.callback(chunks.close)
        for chunk in chunks:
            shown = str(reader.feed(chunk.text))  # `text` is LangChain's own kind of str
            if chunk.chunk_position != "last":
                if shown or not chunk.text or chunk.tool_call_chunks or chunk.additional_kwargs:
                    yield chunk.model_copy(update={"content": shown})
                continue
            rest, calls = reader.rest()
            if shown + rest:
                yield AIMessageChunk(content=shown + rest)
            told = {**chunk.response_metadata, **({"finish_reason": "tool_calls"} if calls else {})}
            # made anew: a chunk reads its tool_calls from its tool_call_chunks only then
            yield AIMessageChunk(
                content="", tool_call_chunks=[*chunk.tool_call_chunks, *call_chunks(calls)],
                usage_metadata=chunk.usage_metadata, response_metadata=told, chunk_position="last",
            )  # fmt: skip


def call_chunks(calls: list[ToolCall]) -> list[ToolCallChunk]:
    """The calls as a stream tells them."""
    return [
        tool_call_chunk(name=call["name"], args=json.dumps(call["args"], ensure_ascii=False), id=call["id"], index=i)
        for i, call in enumerate(calls)
    ]


def _hermes(body: str) -> Iterator[ToolCall]:
    """One value behind each mark; the marks in a value's own texts are not marks."""
    while body:
        value, body = _decode(body.lstrip()) or (None, body)
        yield from _from_value(value)
        body = body.partition(HERMES)[2]


def _mistral(body: str) -> Iterator[ToolCall]:
    if body.lstrip().startswith("["):
        yield from _from_value(_first_value(body))
        return
    while named := _NAMED.match(body):
        arguments, body = _decode(body[named.end() :]) or (None, "")
        if isinstance(arguments, dict):
            yield _make(named[1], arguments)
        body = body.partition(MISTRAL)[2]


def _harmony(body: str) -> Iterator[ToolCall]:
    while sent := _SENT.search(body):
        arguments, body = _decode(body[sent.end() :]) or (None, "")
        if isinstance(arguments, dict):
            yield _make(sent[1], arguments)


def _semicolons(body: str) -> Iterator[ToolCall]:
    """Llama 3 writes several calls as `{…}; {…}`."""
    while (found := _decode(body.lstrip().lstrip(";").lstrip())) is not None:
        value, body = found
        yield from _from_value(value)


def _bare(text: str, names: Set[str]) -> Iterator[ToolCall]:
    fenced = _FENCE.fullmatch(text)
    body = (fenced[1] if fenced else text).strip()
    while (found := _decode(body)) is not None:
        value, rest = found
        calls = list(_from_value(value))
        if not calls or any(call["name"] not in names for call in calls):
            return
        yield from calls
        body = rest.lstrip().lstrip(";").lstrip()


def _decode(text: str) -> tuple[Any, str] | None:
    """The first JSON value of `text` and what stands behind it; None when there is no object or list."""
    if text[:1] not in ("{", "["):
        return None
    try:
        value, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return value, text[end:]


def _first_value(text: str) -> Any:
    found = _decode(text.strip())
    return found[0] if found else None


def _from_value(value: Any) -> Iterator[ToolCall]:
    """Calls in a decoded value: an object, or a list of them."""
    for row in value if isinstance(value, list) else [value]:
        if not isinstance(row, dict):
            continue
        inner = row.get("function")
        row = inner if isinstance(inner, dict) else row
        arguments = next((row[key] for key in ("arguments", "parameters", "args") if key in row), None)
        if isinstance(arguments, str):  # written as a JSON string, as OpenAI does
            arguments = _first_value(arguments)
        if isinstance(row.get("name"), str) and isinstance(arguments, dict):
            yield _make(row["name"], arguments)


def _make(name: str, arguments: dict[str, Any]) -> ToolCall:
    # Mistral's template takes ids of nine letters and digits only
    return tool_call(name=name, args=arguments, id=uuid4().hex[:9])


def _unsure(text: str) -> int:
    """Length of the longest end of `text` that a mark begins with."""
    lengths = range(1, min(len(text) + 1, max(map(len, MARKS))))
    return max((n for n in lengths if any(mark.startswith(text[-n:]) for mark in MARKS)), default=0)
