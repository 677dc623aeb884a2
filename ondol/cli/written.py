"""What a model writes, on the screen while it comes and as numbers afterwards."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

from langchain_core.messages import AIMessageChunk

from ondol.cli.output import tell

DIM, PLAIN = "\033[2m", "\033[0m"


class Voice:
    """Text to stdout; thinking folded into one line that tells how long it took, or shown on stderr."""

    def __init__(self, *, aloud: bool, show_thinking: bool) -> None:
        self._aloud, self._show = aloud, show_thinking
        self._thought_since: float | None = None
        self._thought = ""

    def think(self, words: str) -> None:
        self._thought_since = self._thought_since or time.perf_counter()
        self._thought += words
        if self._aloud and self._show:
            dim, plain = (DIM, PLAIN) if sys.stderr.isatty() else ("", "")
            print(f"{dim}{words}{plain}", end="", file=sys.stderr, flush=True)

    def say(self, words: str) -> None:
        self.fold()
        if self._aloud:
            print(words, end="", flush=True)

    def fold(self) -> None:
        """Once, when the thinking is over."""
        if self._thought_since is None:
            return
        seconds, self._thought_since = time.perf_counter() - self._thought_since, None
        thought, self._thought = self._thought, ""
        if self._aloud and thought.strip():
            if self._show:
                print(file=sys.stderr)
            tell("(thought for {seconds:.1f} s)", seconds=seconds)


class Written:
    """Text and thinking of one answer, with its numbers."""

    def __init__(self, *, aloud: bool, show_thinking: bool) -> None:
        self._voice, self._aloud = Voice(aloud=aloud, show_thinking=show_thinking), aloud
        self._start = time.perf_counter()
        self.text = self.thinking = ""
        self.finish_reason = "stop"
        self.usage: dict[str, int | None] = {"prompt_tokens": 0, "completion_tokens": 0}
        self.ms: dict[str, float | None] = {"first_token": None, "total": 0.0}

    def read(self, chunks: Iterator[AIMessageChunk]) -> None:
        """Until the end, or until Ctrl-C: what was written by then stays, and its tokens are not known."""
        try:
            for chunk in chunks:
                self._take(chunk)
        except KeyboardInterrupt:
            self.finish_reason, self.usage = "cancelled", dict.fromkeys(self.usage)
        self._voice.fold()
        self.ms["total"] = self._elapsed()
        if self._aloud:
            print()

    @property
    def cancelled(self) -> bool:
        """By Ctrl-C."""
        return self.finish_reason == "cancelled"

    def _take(self, chunk: AIMessageChunk) -> None:
        thought = chunk.additional_kwargs.get("reasoning_content") or ""
        if (thought or chunk.text) and self.ms["first_token"] is None:
            self.ms["first_token"] = self._elapsed()
        self.thinking, self.text = self.thinking + thought, self.text + chunk.text
        if thought:
            self._voice.think(thought)
        if chunk.text:
            self._voice.say(chunk.text)
        if chunk.usage_metadata:
            self.usage = {
                "prompt_tokens": chunk.usage_metadata["input_tokens"],
                "completion_tokens": chunk.usage_metadata["output_tokens"],
            }
        self.finish_reason = chunk.response_metadata.get("finish_reason") or self.finish_reason

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text, "thinking": self.thinking, "finish_reason": self.finish_reason, "usage": self.usage,
            "ms": self.ms,
        }  # fmt: skip

    def _elapsed(self) -> float:
        return round(1000 * (time.perf_counter() - self._start), 1)
