"""How the next token is chosen, and when to stop: settings of a model, and of one call."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ondol.errors import UsageError


class Sampling(BaseModel):
    """Greedy unless told otherwise, so that the same question has the same answer."""

    model_config = ConfigDict(extra="forbid")

    temperature: float = Field(default=0.0, ge=0)
    """0 always takes the likeliest token; higher is more varied."""
    top_p: float = Field(default=0.95, gt=0, le=1)
    """Only the likeliest tokens that together have this probability."""
    top_k: int = Field(default=40, ge=0)
    """Only the k likeliest tokens; 0 is all."""
    min_p: float = Field(default=0.05, ge=0, le=1)
    """Only tokens at least this fraction as likely as the likeliest."""
    repeat_penalty: float = Field(default=1.0, gt=0)
    """Divides the score of tokens among the last 64; 1 is off."""
    max_tokens: int = Field(default=512, ge=1)
    """Tokens of the answer at most."""
    seed: int | None = Field(default=None, ge=0, lt=2**32 - 1)
    """The same seed gives the same text on the same machine; None draws one."""
    stop: list[Annotated[str, Field(min_length=1)]] | None = None
    """The answer ends before any of these; they are never shown."""
    grammar: str | None = None
    """What the answer must look like: GBNF, or llguidance when it begins with `%llguidance`; llama.cpp only."""
    json_schema: dict[str, Any] | None = None
    """What the answer must look like as JSON; enforced where the runtime can, refused elsewhere.

    llama.cpp also bounds texts, lists and whole numbers by `max_tokens`, so that the JSON ends before the tokens do.
    """
    think: bool | None = None
    """Asks a model that can do both to think first, or not to; None leaves it to its template."""
    thinking_tokens: int | None = Field(default=None, ge=0)
    """Tokens of thinking at most; then the thinking is closed and the model must answer."""


def make_sampling(**values: Any) -> Sampling:
    """Check sampling values; None counts as not given.

    Raises:
        UsageError: unknown names or values out of range, all told together.
    """
    try:
        return Sampling(**{name: value for name, value in values.items() if value is not None})
    except ValidationError as error:
        problems = [f"{row['loc'][0]}={row['input']!r}: {row['msg']}" for row in error.errors()]
        raise UsageError(
            "The model cannot be called like this: {problems}.",
            hint="Known: {known}.",
            problems="; ".join(problems),
            known=", ".join(Sampling.model_fields),
        ) from error
