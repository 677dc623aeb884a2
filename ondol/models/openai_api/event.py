"""What a server streams, as far as it is read here: anything else in it is passed over."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Function(BaseModel):
    name: str | None = None
    arguments: Any = None
    """A piece of JSON as text; what is no text is passed over."""


class Call(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)

    index: int | None = None
    id: str | None = None
    function: Function | None = None


class Delta(BaseModel):
    """Servers differ in what they call text and thinking."""

    content: str | None = None
    text: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[Call] | None = None


class Choice(Delta):
    """A completion has its text here and no delta."""

    delta: Delta | None = None
    finish_reason: str | None = None


class ReadTokens(BaseModel):
    cached_tokens: int | None = None


class WrittenTokens(BaseModel):
    reasoning_tokens: int | None = None


class Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: ReadTokens | None = None
    completion_tokens_details: WrittenTokens | None = None


class Timings(BaseModel):
    """Of llama-server, in every event."""

    cache_n: int = 0
    prompt_n: int = 0
    predicted_n: int = 0


class Event(BaseModel):
    choices: list[Choice] | None = None
    usage: Usage | None = None
    timings: Timings | None = None
