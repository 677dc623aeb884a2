"""A JSON schema with ends: no string, list or number in it can go on until the tokens are used up."""

from __future__ import annotations

from typing import Any

CHARACTERS = 2
"""Of one token, at least, in text that is not random; English has 4, Korean 1 to 2."""
SHORTEST, LONGEST = 16, 2**15
"""Characters that a string may always have, and those that a grammar can count."""
ITEM, MOST_ITEMS = 48, 32
"""Characters of a list's item when its items are counted, and items at most."""
NUMBER = 10**15
Schema = dict[str, Any]
_KNOWN = ("enum", "const", "pattern", "format", "$ref")
_CHOICES = ("anyOf", "oneOf", "allOf")
_COMPACT = {"whitespace_flexible": False, "key_separator": ": ", "item_separator": ", "}


def bound_schema(schema: Schema, max_tokens: int) -> Schema:
    """`schema` for llguidance, written without needless white space, with bounds where it has none.

    Whatever fits the result fits `schema`. The characters of `max_tokens` are shared among the fields; what refers to
    itself has no bound.
    """
    room = max_tokens * CHARACTERS
    bound = _bound(schema, room)
    for name in ("$defs", "definitions"):
        if isinstance(schema.get(name), dict):
            bound[name] = {key: _bound(value, room // (len(schema[name]) + 1)) for key, value in schema[name].items()}
    return {**bound, "x-guidance": _COMPACT}


def _bound(schema: Any, room: int) -> Any:
    if not isinstance(schema, dict) or any(name in schema for name in _KNOWN):
        return schema
    bound = dict(schema)
    for name in _CHOICES:
        if isinstance(schema.get(name), list):
            bound[name] = [_bound(choice, room) for choice in schema[name]]
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "string" in kinds:
        least = schema.get("minLength", 0)
        bound.setdefault("maxLength", max(least, min(max(room - CHARACTERS, SHORTEST), LONGEST)))
    if "integer" in kinds and not {"exclusiveMinimum", "exclusiveMaximum"} & set(schema):
        bound.setdefault("minimum", min(-NUMBER, schema.get("maximum", 0)))
        bound.setdefault("maximum", max(NUMBER, schema.get("minimum", 0)))
    if "array" in kinds:
        bound |= _bound_list(schema, room)
    if "object" in kinds or "properties" in schema:
        bound |= _bound_object(schema, room)
    return bound


def _bound_list(schema: Schema, room: int) -> Schema:
    most = schema.get("maxItems", max(schema.get("minItems", 0), min(max(room // ITEM, 1), MOST_ITEMS)))
    items = {"items": _bound(schema["items"], room // max(most, 1) - CHARACTERS)} if "items" in schema else {}
    return {"maxItems": most, **items}


def _bound_object(schema: Schema, room: int) -> Schema:
    fields = schema.get("properties")
    if not isinstance(fields, dict):
        return {}
    spent = sum(len(name) + 4 * CHARACTERS for name in fields)
    share = (room - spent) // max(len(fields), 1)
    bound: Schema = {"properties": {name: _bound(value, share) for name, value in fields.items()}}
    if set(schema.get("required", ())) <= set(fields) and "patternProperties" not in schema:
        bound["additionalProperties"] = False  # a field that nobody named can only be made up
    return bound
