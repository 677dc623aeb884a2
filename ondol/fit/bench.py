"""Time a live chat model and watch the memory of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel, BaseLanguageModel

WORDS = (
    "the river carries slow boats past seven stone bridges while people on both banks sell bread, letters, maps and "
    "warm soup to anyone who waits for morning"
).split()
LOOK_S = 0.02


@dataclass
class Watched:
    before: int = 0
    """Bytes resident at the start."""
    peak: int = 0
    seconds: float = 0.0

    @property
    def grown(self) -> int:
        return max(0, self.peak - self.before)


@contextmanager
def watch() -> Iterator[Watched]:
    """The time and the most resident memory of a block, looked at every 20 ms; 0 bytes where /proc is not there."""
    resident, ended = resident_bytes(), threading.Event()
    found = Watched(before=resident, peak=resident)

    def look() -> None:
        while not ended.wait(LOOK_S):
            found.peak = max(found.peak, resident_bytes())

    looking = threading.Thread(target=look, name="memory", daemon=True)
    looking.start()
    start = time.perf_counter()
    try:
        yield found
    finally:
        found.seconds = time.perf_counter() - start
        ended.set()
        looking.join()
        found.peak = max(found.peak, resident_bytes())


def resident_bytes() -> int:
    """Bytes of this process in memory, mapped files included."""
    try:
        rows = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(row.split()[1]) * 1024 for row in rows if row.startswith("VmRSS:")), 0)


def write(model: BaseChatModel, *, prompt_tokens: int, tokens: int) -> dict[str, Any]:
    """Let `model` read a prompt of about so many tokens and write on, greedily.

    Speeds are None where there was too little to time. A model that ends by itself writes fewer than `tokens`.
    """
    prompt = make_prompt(model, prompt_tokens)
    start = time.perf_counter()
    first = None
    usage: dict[str, Any] = {}
    for chunk in model.stream(prompt, max_tokens=tokens):
        usage = dict(chunk.usage_metadata or usage)
        if first is None and (chunk.content or chunk.additional_kwargs.get("reasoning_content")):
            first = time.perf_counter()
    end = time.perf_counter()
    read, written = int(usage.get("input_tokens", 0)), int(usage.get("output_tokens", 0))
    timed = first is not None and written > 1 and end > first
    return {
        "prompt_tokens": read,
        "tokens": written,
        "prompt_tokens_per_s": _rate(read, first - start) if first is not None else None,
        "tokens_per_s": _rate(written - 1, end - first) if timed and first is not None else None,
        "first_token_ms": round((first - start) * 1000, 1) if first is not None else None,
    }


def make_prompt(model: BaseChatModel, count: int) -> str:
    """Words that make up about `count` tokens for this model, and a wish for a long answer."""
    few = " ".join(WORDS)
    # LangChain's own counting would fetch GPT-2's tokenizer
    counts = type(model).get_token_ids is not BaseLanguageModel.get_token_ids
    each = max(1, len(model.get_token_ids(few))) / len(WORDS) if counts else 1.2
    many = max(1, round((count - 30) / each))
    words = " ".join((WORDS * (many // len(WORDS) + 1))[:many])
    return f"{words}\n\nWrite a long story about this place, with every detail."


def _rate(count: int, seconds: float) -> float | None:
    return round(count / seconds, 1) if count and seconds > 0 else None
