"""How ondol's tools are made: what they do to the world is told, and what goes wrong becomes words for the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Literal

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import BaseModel, ValidationError, model_validator
from pydantic.v1 import ValidationError as OldValidationError

from ondol.errors import OndolError

Effect = Literal["read", "write", "network"]
"""`write` changes something, `network` leaves this machine."""


class ToolArgs(BaseModel):
    """What a model gives to a tool; small ones write null or "" for what they leave out."""

    @model_validator(mode="before")
    @classmethod
    def _leave_out(cls, values: Any) -> Any:
        if isinstance(values, Mapping):
            return {name: value for name, value in values.items() if value is not None and value != ""}
        return values


def make_tool(
    run: Callable[..., Any],
    *,
    name: str,
    description: str,
    args: type[ToolArgs],
    effect: Effect = "read",
    untrusted: bool = False,
    artifact: bool = False,
) -> BaseTool:
    """A tool that answers with text, also when it fails: an `OndolError` is told, a bug keeps its traceback.

    Args:
        run: takes the fields of `args` by name.
        untrusted: the text comes from documents, pages, databases or other programs.
        artifact: `run` returns the text and the artifact.
    """

    @wraps(run)
    def told(*values: Any, **named: Any) -> Any:
        try:
            return run(*values, **named)
        except OndolError as error:
            raise ToolException(f"Error: {error.message}\n{error.hint}".strip()) from error

    metadata = {"effect": effect} | ({"untrusted": True} if untrusted else {})
    return StructuredTool.from_function(
        told, name=name, description=description, args_schema=args, metadata=metadata, handle_tool_error=True,
        response_format="content_and_artifact" if artifact else "content", handle_validation_error=_tell_mistakes,
    )  # fmt: skip


def _tell_mistakes(error: ValidationError | OldValidationError) -> str:
    rows = (f"{'.'.join(map(str, row['loc'])) or 'arguments'}: {row['msg']}" for row in error.errors())
    return f"Error: the arguments are not right ({'; '.join(rows)}). Call the tool again with right ones."
