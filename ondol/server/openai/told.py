"""What a model writes, in the JSON and the events of OpenAI's protocol."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import add_ai_message_chunks

from ondol.errors import OndolError
from ondol.lang import Language
from ondol.server.errors import openai_row

Piece = int | AIMessageChunk
"""A position in the queue, or something of the answer."""
DONE = "data: [DONE]\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The frame of one answer."""

    model: str
    plain: bool = False
    """For /v1/completions."""
    created: int = field(default_factory=lambda: int(time.time()))
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def whole(self, pieces: Iterable[Piece]) -> dict[str, Any]:
        """The answer at once."""
        said = add_ai_message_chunks(AIMessageChunk(content=""), *_chunks(pieces))
        finish = said.response_metadata.get("finish_reason", "stop")
        if self.plain:
            choice: dict[str, Any] = {"index": 0, "text": said.text, "logprobs": None, "finish_reason": finish}
        else:
            calls = [_call(row) for row in said.tool_call_chunks]
            message = {"role": "assistant", "content": said.text or (None if calls else ""), "refusal": None}
            message |= _beside(said) | ({"tool_calls": calls} if calls else {})
            choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
        return {**self._frame(""), "choices": [choice], "usage": _usage(said)}

    def events(self, pieces: Generator[Piece], *, usage: bool) -> Generator[str]:
        """As server-sent events; a position in the queue is a comment, which clients pass over."""
        begun = False
        try:
            for piece in pieces:
                if isinstance(piece, int):
                    yield f": place {piece} in the queue\n\n"
                    continue
                if not begun and not self.plain:
                    yield self._event({"role": "assistant", "content": ""})
                begun = True
                yield from self._piece(piece, usage=usage)
            yield DONE
        finally:
            pieces.close()

    def _piece(self, piece: AIMessageChunk, *, usage: bool) -> Iterator[str]:
        calls = [{"index": row["index"], **_call(row)} for row in piece.tool_call_chunks]
        delta = {"content": piece.text} if piece.text else {}
        delta |= _beside(piece) | ({"tool_calls": calls} if calls else {})
        if piece.chunk_position != "last":
            if delta:
                yield self._event(delta)
            return
        if calls:
            yield self._event({"tool_calls": calls})
            del delta["tool_calls"]
        finish = piece.response_metadata.get("finish_reason", "stop")
        yield self._event(delta, finish, **{name: delta[name] for name in ("citations",) if name in delta})
        if usage:
            yield _data({**self._frame(".chunk"), "choices": [], "usage": _usage(piece)})

    def _event(self, delta: dict[str, Any], finish: str | None = None, **more: Any) -> str:
        choice: dict[str, Any] = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        if self.plain:
            choice = {"index": 0, "text": delta.get("content", ""), "logprobs": None, "finish_reason": finish}
        return _data({**self._frame(".chunk"), "choices": [choice], **more})

    def _frame(self, part: str) -> dict[str, Any]:
        kind = "text_completion" if self.plain else f"chat.completion{part}"
        name = f"{'cmpl' if self.plain else 'chatcmpl'}-{self.id}"
        return {"id": name, "object": kind, "created": self.created, "model": self.model}


def error_data(error: OndolError, language: Language) -> str:
    """A mistake in the middle of an answer, as OpenAI's client raises it."""
    return _data({"error": openai_row(error, language)})


def _chunks(pieces: Iterable[Piece]) -> Iterator[AIMessageChunk]:
    return (piece for piece in pieces if isinstance(piece, AIMessageChunk))


def _data(row: dict[str, Any]) -> str:
    return f"data: {json.dumps(row, ensure_ascii=False)}\n\n"


def _beside(piece: AIMessageChunk) -> dict[str, Any]:
    """What stands beside the text: thoughts and citations."""
    names = ("reasoning_content", "citations")
    return {name: piece.additional_kwargs[name] for name in names if name in piece.additional_kwargs}


def _call(row: Any) -> dict[str, Any]:
    return {"id": row["id"], "type": "function", "function": {"name": row["name"], "arguments": row["args"] or "{}"}}


def _usage(piece: AIMessageChunk) -> dict[str, Any]:
    told: Any = piece.usage_metadata or {}
    read, written = told.get("input_tokens", 0), told.get("output_tokens", 0)
    cached = told.get("input_token_details", {}).get("cache_read", 0)
    return {
        "prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written,
        "prompt_tokens_details": {"cached_tokens": cached},
    }  # fmt: skip
