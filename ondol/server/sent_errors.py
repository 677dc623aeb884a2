"""Errors of ondol as JSON, for the process that waits for an answer."""

from __future__ import annotations

from typing import Any

import ondol.errors
from ondol.errors import BackendError, OndolError

PLAIN = (int, float, str)


def write_error(error: OndolError) -> dict[str, Any]:
    """The nearest kind that `ondol.errors` has, with templates and values, so that it can be told in any language."""
    values = {name: value if isinstance(value, PLAIN) else str(value) for name, value in error.values.items()}
    kind = next(known.__name__ for known in type(error).__mro__ if hasattr(ondol.errors, known.__name__))
    return {"kind": kind, "template": error.template, "hint": error.hint_template, "values": values}


def read_error(row: dict[str, Any]) -> OndolError:
    kind = getattr(ondol.errors, row["kind"], BackendError)
    error: OndolError = kind(row["template"], hint=row["hint"], **row["values"])
    return error
