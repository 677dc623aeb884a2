"""Thinking and answer of reasoning models, told apart while they stream."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Literal

from langchain_core.messages import AIMessageChunk


@dataclass(frozen=True, slots=True)
class Tags:
    """How a model marks its thinking."""

    open: str
    close: str
    passed_over: tuple[str, ...] = ()
    """Marks before the thinking or the answer that are part of neither."""
    assumed: bool = False
    """The model may begin inside its thinking and write only the closing tag (R1 behind a server)."""


THINK = Tags("<think>", "</think>")
R1 = Tags("<think>", "</think>", assumed=True)
HARMONY = Tags(
    "<|channel|>analysis<|message|>",
    "<|end|>",
    passed_over=("<|start|>assistant", "<|channel|>final<|message|>", "<|channel|>commentary<|message|>"),
)
FORMATS = (
    HARMONY,
    Tags("[THINK]", "[/THINK]"),
    Tags("<thought>", "</thought>"),
    Tags("◁think▷", "◁/think▷"),
    Tags("<seed:think>", "</seed:think>"),
    Tags("<|channel>thought", "<channel|>"),
    THINK,
)
"""gpt-oss, Magistral, EXAONE Deep, Kimi, Seed, Gemma 4, and what all others write. A chat template names its own."""
NAMES = (
    (re.compile(r"deepseek-r1|r1-distill|qwq", re.IGNORECASE), R1),
    (re.compile(r"gpt-oss", re.IGNORECASE), HARMONY),
    (re.compile(r"magistral", re.IGNORECASE), Tags("[THINK]", "[/THINK]")),
    (re.compile(r"exaone-deep", re.IGNORECASE), Tags("<thought>", "</thought>")),
    (re.compile(r"gemma-?4", re.IGNORECASE), Tags("<|channel>thought", "<channel|>")),
    (re.compile(r"qwen-?3|phi-4.*reasoning|exaone-4|smollm3|thinking|reasoning", re.IGNORECASE), THINK),
)
"""For servers that do not show their template."""
BREAK = "\n\n"
"""Stands between thinking and answer."""


def tags_for(template: str, name: str = "") -> Tags | None:
    """The tags that a chat template speaks of, else those of models with such a name; None for other models."""
    if not template:
        return next((tags for pattern, tags in NAMES if pattern.search(name)), None)
    # the first templates of R1 only cut </think> out of the history, and R1 may leave the opening tag out
    return next((tags for tags in FORMATS if tags.open in template), R1 if R1.close in template else None)


def opened_by(prompt: str, tags: Tags | None) -> bool:
    """True when the prompt ends inside the thinking: the model will write only the closing tag."""
    return tags is not None and prompt.rstrip().endswith(tags.open)


def go_on(prompt: str, text: str, tags: Tags | None) -> str:
    """What follows `prompt` so that the model's next word continues `text`, an answer that was begun for it."""
    if not text or tags is None:
        return text
    if opened_by(prompt, tags):
        return f"{tags.close}{''.join(tags.passed_over[:2]) or BREAK}{text}"
    return "".join(tags.passed_over[1:2]) + text


State = Literal["start", "thinking", "gap", "answer"]
Piece = tuple[Literal["thinking", "answer"], str]


class ThinkingSplitter:
    """Text in pieces → pieces of thinking and of answer.

    Thinking can only be the first thing: a tag inside an answer is part of the answer, such as in a quoted document.
    """

    def __init__(self, tags: Tags, *, opened: bool = False) -> None:
        self._tags = tags
        self._state: State = "thinking" if opened or tags.assumed else "start"
        self._sure = opened
        self._held = ""
        self._assumed = ""

    @property
    def inside(self) -> bool:
        """True while the thinking has not been closed."""
        return self._state == "thinking"

    def feed(self, text: str) -> list[Piece]:
        """What is certain now; what could still become a tag is held back."""
        self._held += text
        pieces: list[Piece] = []
        while self._held and (step := self._step()) is not None:
            pieces += step
        return pieces

    def rest(self, *, stopped: bool = False) -> list[Piece]:
        """What was held back, when the text has ended.

        Args:
            stopped: the model ended by itself; then text of which nothing but its name said that it was thinking
                is the answer.
        """
        held, self._held = self._held, ""
        if self._state == "thinking":
            if stopped and not self._sure:
                self._state = "answer"
                return [("answer", (self._assumed + held).strip())]
            return [("thinking", held)] if held else []
        return [("answer", held)] if held.strip() else []

    def _step(self) -> list[Piece] | None:
        """One change of state, or None when more text is needed."""
        if self._state == "answer":
            return self._answer()
        if self._state == "thinking":
            return self._think()
        self._held = self._held.lstrip()
        marks = [*self._tags.passed_over, self._tags.open]
        for mark in marks:
            if self._held.startswith(mark):
                self._take(len(mark))
                if mark == self._tags.open:
                    self._state, self._sure = "thinking", True
                return []
        if any(mark.startswith(self._held) for mark in marks):
            return None
        self._state = "answer"
        return []

    def _answer(self) -> list[Piece] | None:
        if not self._tags.passed_over:
            return [("answer", self._take(len(self._held)))]
        before, mark, after = self._held.partition(self._tags.close)  # gpt-oss goes on in another channel
        if mark:
            self._held, self._state = after, "gap"
            return [("answer", before)]
        shown = self._take(len(self._held) - unsure(self._held, [self._tags.close]))
        return [("answer", shown)] if shown else None

    def _think(self) -> list[Piece] | None:
        if not self._sure and not self._assumed:  # the opening tag may come after all
            begun = self._held.lstrip()
            if begun.startswith(self._tags.open):
                self._held, self._sure = begun[len(self._tags.open) :], True
                return []
            if self._tags.open.startswith(begun):
                return None
        before, mark, after = self._held.partition(self._tags.close)
        if mark:
            self._held, self._state, self._sure = after, "gap", True
            return [("thinking", before)] if before else []
        shown = self._take(len(self._held) - unsure(self._held, [self._tags.close]))
        if not self._sure:
            self._assumed += shown
        return [("thinking", shown)] if shown else None

    def _take(self, count: int) -> str:
        taken, self._held = self._held[:count], self._held[count:]
        return taken


def unsure(text: str, marks: Sequence[str]) -> int:
    """Length of the longest end of `text` that one of `marks` begins with."""
    lengths = range(min(len(text), max(map(len, marks), default=0)), 0, -1)
    return next((n for n in lengths if any(mark.startswith(text[-n:]) for mark in marks)), 0)


def split_thinking(
    chunks: Iterator[AIMessageChunk], tags: Tags | None, *, opened: bool = False
) -> Iterator[AIMessageChunk]:
    """Move thinking from the text to `additional_kwargs["reasoning_content"]`, chunk by chunk.

    The chunk that ends a stream (`chunk_position`) is passed on last. When the text ended inside the thinking, its
    `response_metadata["thinking"]` is "truncated", or that of an empty chunk where the stream has no such end.
    Closing the iterator closes `chunks`.

    Args:
        opened: the prompt ended inside the thinking, see `opened_by`.
    """
    if tags is None:
        yield from chunks
        return
    splitter, last = ThinkingSplitter(tags, opened=opened), None
    with ExitStack() as stack:
        if hasattr(chunks, "close"):
            stack.callback(chunks.close)
        for chunk in chunks:
            if chunk.chunk_position == "last":
                last = chunk
                break
            yield from map(_chunk, splitter.feed(chunk.text))
            if chunk.tool_call_chunks or chunk.usage_metadata or chunk.additional_kwargs or not chunk.text:
                yield _without_text(chunk, {})
    finish = last.response_metadata.get("finish_reason") if last else None
    yield from map(_chunk, splitter.feed(last.text) if last else [])
    yield from map(_chunk, splitter.rest(stopped=finish == "stop"))
    told = {"thinking": "truncated"} if splitter.inside else {}
    if last:
        yield _without_text(last, told)
    elif told:
        yield AIMessageChunk(content="", response_metadata=told)


def strip_thinking(text: str, tags: Tags | None = None, *, opened: bool = False) -> str:
    """The answer in a finished text; without `tags` in the format that the text begins with."""
    if tags is None:
        tags = next((known for known in FORMATS if text.lstrip().startswith(known.open)), THINK)
    splitter = ThinkingSplitter(tags, opened=opened)
    pieces = [*splitter.feed(text), *splitter.rest()]
    return "".join(words for kind, words in pieces if kind == "answer").strip()


def _chunk(piece: Piece) -> AIMessageChunk:
    kind, text = piece
    if kind == "thinking":
        return AIMessageChunk(content="", additional_kwargs={"reasoning_content": text})
    return AIMessageChunk(content=text)


def _without_text(last: AIMessageChunk, told: dict[str, Any]) -> AIMessageChunk:
    return last.model_copy(update={"content": "", "response_metadata": {**last.response_metadata, **told}})
