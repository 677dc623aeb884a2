"""A model is fetched; what has come already is not fetched again."""

from __future__ import annotations

from typing import Any

from ondol.assemble import pull_model
from ondol.progress import Progress
from ondol.settings import Settings


def run_pull(request: dict[str, Any], *, settings: Settings, progress: Progress, job: str) -> dict[str, Any]:  # noqa: ARG001
    """Request: `name`. Result: the model's row."""
    return {"model": dict(pull_model(request["name"], settings=settings, progress=progress))}
