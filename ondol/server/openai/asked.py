"""What OpenAI's clients ask for, checked, as ondol's models take it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from ondol.errors import UsageError

LONGEST = 2048
"""Tokens of an answer where the client names no limit; less where the window is smaller."""
LONGEST_TEXT = 1_000_000
"""Characters of a request; a tokenizer takes seconds for more, and no window here holds it."""
LARGEST = 2**31 - 1
SEEDS = 2**32 - 1
OFF: dict[str, tuple[Any, ...]] = {
    "n": (None, 1), "best_of": (None, 1), "logprobs": (None, False, 0), "top_logprobs": (None, 0),
    "echo": (None, False),
    "frequency_penalty": (None, 0), "presence_penalty": (None, 0), "logit_bias": (None, {}), "suffix": (None, ""),
    "functions": (None, []), "audio": (None,), "modalities": (None, ["text"]),
}  # fmt: skip
"""Fields that ondol does not offer, with the values that ask for nothing; other unknown fields are passed over."""


class StreamOptions(BaseModel):
    include_usage: bool | None = None


class Asked(BaseModel):
    """What chat and plain completions have in common."""

    model_config = ConfigDict(extra="allow")

    model: str = Field(min_length=1, max_length=500)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    stop: str | list[str] | None = None
    seed: int | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    top_k: int | None = Field(default=None, ge=0, le=LARGEST)
    min_p: float | None = Field(default=None, ge=0, le=1)
    repeat_penalty: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)

    @property
    def wants_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)

    def check(self) -> None:
        """Raises UsageError for what would otherwise be passed over in silence."""
        for name, nothing in OFF.items():
            value = (self.model_extra or {}).get(name)
            if value not in nothing:
                raise UsageError(
                    "{param} is {value}, which this server does not offer.", hint="Leave it out.",
                    param=name, value=str(value)[:40],
                )  # fmt: skip

    def sampling(self) -> dict[str, Any]:
        """Arguments of `stream_messages` and `stream_completion`."""
        names = ("temperature", "top_p", "top_k", "min_p", "repeat_penalty")
        given = {name: value for name in names if (value := getattr(self, name)) is not None}
        seed = {} if self.seed is None else {"seed": self.seed % SEEDS}
        stop = [self.stop] if isinstance(self.stop, str) else self.stop
        limit = self.max_completion_tokens or self.max_tokens or LONGEST
        return {**given, **seed, "max_tokens": limit, "stop": [row for row in stop or () if row] or None}


def check_length(texts: Iterable[str], *, param: str, most: int = LONGEST_TEXT) -> None:
    """Raises UsageError for more characters than `most`."""
    count = sum(map(len, texts))
    if count > most:
        raise UsageError(
            "{param} has {count} characters, and {most} are read at most.", hint="Send less at once.",
            param=param, count=count, most=most,
        )  # fmt: skip


def client_of(request: Request) -> str:
    """Whose turn it is: programs of one machine differ by what they call themselves."""
    host = request.client.host if request.client else ""
    return f"{host} {request.headers.get('user-agent', '')[:100]}"
