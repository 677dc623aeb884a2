"""What a model writes, on the screen while it comes and as numbers afterwards."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

from langchain_core.messages import AIMessageChunk

from ondol.cli.output import tell

DIM, PLAIN = "\033[2m", "\033[0m"


class Written:
    """Text and thinking of one answer.

    Thinking is folded into one line that tells how long it took, unless it is to be shown.
    """

    def __init__(self, *, aloud: bool, show_thinking: bool) -> None:
        self._aloud, self._show = aloud, show_thinking
        self._start = time.perf_counter()
        self._thought_since: float | None = None
        self.text = self.thinking = ""
        self.finish_reason = "stop"
        self.usage = {"prompt_tokens": 0, "completion_tokens": 0}
        self.ms: dict[str, float | None] = {"first_token": None, "total": 0.0}

    def read(self, chunks: Iterator[AIMessageChunk]) -> None:
        for chunk in chunks:
            self._think(chunk.additional_kwargs.get("reasoning_content") or "")
            self._say(chunk.text)
            if chunk.usage_metadata:
                self.usage = {
                    "prompt_tokens": chunk.usage_metadata["input_tokens"],
                    "completion_tokens": chunk.usage_metadata["output_tokens"],
                }
            self.finish_reason = chunk.response_metadata.get("finish_reason") or self.finish_reason
        self._fold()
        self.ms["total"] = self._elapsed()
        if self._aloud:
            print()

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text, "thinking": self.thinking, "finish_reason": self.finish_reason, "usage": self.usage,
            "ms": self.ms,
        }  # fmt: skip

    def _think(self, words: str) -> None:
        if not words:
            return
        self._first()
        self._thought_since = self._thought_since or time.perf_counter()
        self.thinking += words
        if self._aloud and self._show:
            dim, plain = (DIM, PLAIN) if sys.stderr.isatty() else ("", "")
            print(f"{dim}{words}{plain}", end="", file=sys.stderr, flush=True)

    def _say(self, words: str) -> None:
        if not words:
            return
        self._first()
        self._fold()
        self.text += words
        if self._aloud:
            print(words, end="", flush=True)

    def _fold(self) -> None:
        """Once, when the thinking is over."""
        if self._thought_since is None:
            return
        seconds, self._thought_since = time.perf_counter() - self._thought_since, None
        if self._aloud and self.thinking.strip():
            if self._show:
                print(file=sys.stderr)
            tell("(thought for {seconds:.1f} s)", seconds=seconds)

    def _first(self) -> None:
        if self.ms["first_token"] is None:
            self.ms["first_token"] = self._elapsed()

    def _elapsed(self) -> float:
        return round(1000 * (time.perf_counter() - self._start), 1)
