"""How a model on a server is opened."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Options(BaseModel):
    context: int = Field(default=0, ge=0)
    """Tokens of prompt and answer together; 0 takes what the server holds, and stays 0 where it does not tell."""
    timeout_s: float = Field(default=120, gt=0, le=1_000_000)
    """Longest silence of the server."""
    retries: int = Field(default=2, ge=0)
    """Further tries when the server is busy or cannot be reached."""
