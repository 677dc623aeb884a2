"""A JSON schema: checked, told to a model in words, and held against what it wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import jsonschema
from referencing import Registry
from referencing.exceptions import Unresolvable

from ondol.errors import BackendError, UsageError

SHOWN = 3
"""Mistakes of an answer told at once."""
NOTED = ("format", "enum", "minimum", "maximum")
"""What of a field's schema a model is told beside its type."""


class Schema:
    """A schema that is one; a reference to another place is not followed.

    Raises:
        UsageError: it is none, or is not of an object.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = dict(schema)
        try:
            kind = jsonschema.validators.validator_for(self.schema, default=jsonschema.Draft202012Validator)
            kind.check_schema(self.schema)
        except jsonschema.SchemaError as error:
            raise UsageError(
                "The schema is not valid at '{place}': {reason}.", hint="See json-schema.org.",
                place=error.json_path, reason=error.message,
            ) from error  # fmt: skip
        if not self.schema.get("properties"):
            raise UsageError(
                "The schema names no properties.", hint='Such as: {"properties": {"name": {"type": "string"}}}'
            )
        self.schema.setdefault("type", "object")
        self._validator = kind(self.schema, registry=Registry())

    @property
    def fields(self) -> str:
        """Its properties in one line: `name (string); people (integer)`."""
        return "; ".join(f"{name} ({_describe(row)})" for name, row in self.schema["properties"].items())

    def read(self, reply: str) -> dict[str, Any]:
        """The first JSON object in what a model wrote.

        Raises:
            BackendError: there is none, or it does not fit; the fields are named.
        """
        value = _first_object(reply)
        try:
            errors = sorted(self._validator.iter_errors(value), key=lambda error: str(error.json_path))
        except Unresolvable as error:
            raise UsageError(
                "The schema refers to something else: {reason}.", hint="Put it into the schema.", reason=error
            ) from error
        if errors:
            raise BackendError(
                "The answer does not fit the schema: {problems}.", hint="Try a larger model, or one on llama.cpp:.",
                problems="; ".join(f"{_place(row)}: {row.message}" for row in errors[:SHOWN]),
            )  # fmt: skip
        return value


def _first_object(reply: str) -> dict[str, Any]:
    start = reply.find("{")
    try:
        value, _ = json.JSONDecoder().raw_decode(reply[start:] if start >= 0 else reply)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise BackendError(
            "The answer holds no JSON object: '{reply}'.", hint="Try a larger model, or one on llama.cpp:.",
            reply=reply[:80],
        )  # fmt: skip
    return value


def _place(error: Any) -> str:
    """`items[0].price`; a missing field is named too, as the message has it."""
    return str(error.json_path).removeprefix("$").removeprefix(".") or "the object"


def _describe(row: Any) -> str:
    if not isinstance(row, Mapping):
        return "any"
    kind = row.get("type", "any")
    words = " or ".join(kind) if isinstance(kind, list) else str(kind)
    if isinstance(row.get("properties"), Mapping):
        inner = ", ".join(f"{name} ({_describe(part)})" for name, part in row["properties"].items())
        words = f"object with {inner}"
    elif kind == "array" and "items" in row:
        words = f"list of {_describe(row['items'])}"
    notes = [f"{name} {json.dumps(row[name], ensure_ascii=False)}" for name in NOTED if name in row]
    return ", ".join([words, *notes, *([str(row["description"])] if row.get("description") else [])])
