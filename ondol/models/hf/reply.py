"""Tokens as they are written → LangChain's chunks."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import UsageMetadata

from ondol.models.hf.prompt import Prompt
from ondol.models.hf.writing import Decoder, TokenWriter
from ondol.models.stop import StopCutter
from ondol.models.thinking import Tags, split_thinking
from ondol.tokens.neutraliser import restore


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking:
    """How a model thinks, and whether it does already when its answer begins."""

    tags: Tags | None
    opened: bool = False
    budget: int | None = None
    """Tokens of thinking at most."""
    closing: tuple[int, ...] = ()
    """The tokens that end it."""


def read_reply(
    writer: TokenWriter, prompt: Prompt, tokenizer: Any, *, model: str, stop: Sequence[str], strip_start: bool,
    hidden: frozenset[int], thinking: Thinking,
) -> Iterator[AIMessageChunk]:  # fmt: skip
    """Text as it comes, then one chunk without text that carries usage and finish_reason; calls are still text.

    Args:
        stop: strings that end the text and are not shown.
        strip_start: leave out the white space before the first word.
        hidden: special tokens that are no part of the text.
    """
    cutter, finish, told = StopCutter(stop), "", dict[str, Any]()
    pieces = _write(writer, Decoder(tokenizer, prompt.ids), prompt.begun, hidden, thinking)
    with closing(pieces):
        for chunk in split_thinking(pieces, thinking.tags, opened=thinking.opened and not prompt.begun):
            told |= chunk.response_metadata
            text = restore(chunk.text)
            if strip_start:
                text = text.lstrip()
                strip_start = not text
            yield from _chunk(cutter.feed(text), chunk.additional_kwargs.get("reasoning_content"))
            if cutter.found:
                finish = "stop"
                break
    yield from _chunk(cutter.rest(), None)
    yield AIMessageChunk(
        content="",
        usage_metadata=_usage(len(prompt.ids), writer.written),
        response_metadata=told | {"finish_reason": finish or writer.finish, "model_name": model},
        chunk_position="last",
    )


def _write(
    writer: TokenWriter, decoder: Decoder, begun: str, hidden: frozenset[int], thinking: Thinking
) -> Generator[AIMessageChunk, None, None]:
    if begun:
        yield AIMessageChunk(content=begun)
    watch = _Budget(writer, thinking, inside=thinking.opened and not begun)
    for token in writer:
        text = "" if token in hidden else decoder.feed(token)
        watch.see(text)
        if text:
            yield AIMessageChunk(content=text)
    yield AIMessageChunk(content="", response_metadata={"finish_reason": writer.finish}, chunk_position="last")


class _Budget:
    """Closes the thinking when it has had its tokens."""

    def __init__(self, writer: TokenWriter, thinking: Thinking, *, inside: bool) -> None:
        self._writer, self._thinking, self._inside = writer, thinking, inside
        self._text, self._since = "", writer.written
        self._done = False
        self.see("")

    def see(self, text: str) -> None:
        tags = self._thinking.tags
        if self._done or tags is None or self._thinking.budget is None:
            return
        self._text += text
        if not self._inside:
            self._inside, self._since = tags.open in self._text, self._writer.written
        if tags.close in self._text:
            self._done = True
        elif self._inside and self._writer.written - self._since >= self._thinking.budget:
            self._writer.force(list(self._thinking.closing))
            self._done = True


def _chunk(text: str, thinking: str | None) -> Iterator[AIMessageChunk]:
    """LangChain shows `reasoning_content` as a content block of its own."""
    if text or thinking:
        yield AIMessageChunk(content=text, additional_kwargs={"reasoning_content": thinking} if thinking else {})


def _usage(read: int, written: int) -> UsageMetadata:
    return UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)
