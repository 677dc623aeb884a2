"""Jobs as the routes tell them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from ondol.lang import nfc
from ondol.server.api.parts import Shape

Text = Annotated[str, AfterValidator(nfc)]
"""Of a request, without the half characters that JSON can bring in and no answer can be written with."""
Kind = Literal["add", "pull", "finetune", "evaluate"]


class Amount(Shape):
    done: int
    total: int | None
    what: str
    unit: str
    rate: float | None
    """Units a second."""
    left_s: float | None


class JobError(Shape):
    message: str
    hint: str


class JobRow(Shape):
    id: str
    kind: Kind
    state: Literal["waiting", "running", "done", "failed", "stopped", "interrupted"]
    """interrupted: its process was lost, and it goes on by itself."""
    title: str
    created: float
    """Seconds since 1970, as the other times."""
    started: float | None
    ended: float | None
    request: dict[str, Any]
    progress: Amount
    result: dict[str, Any] | None
    error: JobError | None
    log: list[str]
    """The last lines."""
    stopping: bool
    """It was asked to end, and has not yet."""


class Begun(Shape):
    job: JobRow
