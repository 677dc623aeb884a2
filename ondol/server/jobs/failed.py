"""A job that failed, and what it came to all the same."""

from __future__ import annotations

from typing import Any

from ondol.errors import OndolError


class JobFailed(Exception):
    """Raised by a kind of job that has a result to show beside the error."""

    def __init__(self, error: OndolError, result: dict[str, Any]) -> None:
        super().__init__(type(error).__name__)
        self.error, self.result = error, result
