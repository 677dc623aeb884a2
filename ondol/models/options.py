"""Options of a runtime, checked before anything is opened."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ondol.errors import UsageError

Options = TypeVar("Options", bound=BaseModel)


def check_options(kind: type[Options], **values: Any) -> Options:
    """The values as `kind` holds them.

    Raises:
        UsageError: values of another type or out of range, all told together.
    """
    try:
        return kind(**values)
    except ValidationError as error:
        rows = [(".".join(map(str, row["loc"])), row) for row in error.errors()]
        raise UsageError(
            "The model cannot be opened like this: {problems}.", hint="Correct what was given with -o NAME=VALUE.",
            problems="; ".join(f"{name}={row['input']!r}: {row['msg']}" for name, row in rows),
        ) from error  # fmt: skip
