"""Nested data as text: lists of objects as rows like those of a table, everything else as an outline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ondol.errors import UnusableInput
from ondol.ingest.parsed import TextBuilder

DEEPEST = 100
"""Levels; people nest ten."""
LOWEST_HEADING = 4
LONG = 300
"""Characters from which a text stands below its key, and a list has a line for each item."""


def write_nested(builder: TextBuilder, value: Any, level: int = 1) -> None:
    """Append a value: objects in a list are rows, keys with more below them are headings.

    Raises:
        UnusableInput: it is nested too deep.
    """
    if _are_rows(value):
        for item in value:
            builder.add_row(row_text(item))
        return
    if not isinstance(value, dict):
        builder.add("\n".join(_outline("", value, 0)))
        return
    lines: list[str] = []
    for key, inner in value.items():
        if level <= LOWEST_HEADING and _has_more(inner):
            builder.add("\n".join(lines))
            lines.clear()
            builder.add_heading(key, level)
            write_nested(builder, inner, level + 1)
        else:
            lines += _outline(key, inner, 0)
    builder.add("\n".join(lines))


def row_text(value: Any) -> str:
    """An object as `key: value` lines, the keys of inner objects joined with dots; a list as cells."""
    lines: list[str] = []
    if isinstance(value, list):
        return " | ".join(filter(None, map(_scalar, value)))
    _flat(lines, "", value, 0)
    return "\n".join(lines)


def _flat(lines: list[str], path: str, value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise _too_deep()
    if isinstance(value, dict):
        for key, inner in value.items():
            _flat(lines, f"{path}.{key}" if path and key else path or key, inner, depth + 1)
    elif isinstance(value, list):
        if (line := _list_line(value)) is not None:
            lines.append(f"{path}: {line}") if line else None
            return
        for number, inner in enumerate(value, 1):
            _flat(lines, f"{path}.{number}" if _has_more(inner) else path, inner, depth + 1)
    elif text := _scalar(value):
        lines.append(_line(path, text))


def _outline(key: str, value: Any, depth: int) -> Iterator[str]:
    """Lines as YAML would have them, without its quotes."""
    if depth > DEEPEST:
        raise _too_deep()
    indent = "  " * depth
    inner: Iterable[tuple[str, Any]]
    if isinstance(value, dict):
        inner = value.items()
    elif not isinstance(value, list):
        if text := _scalar(value):
            yield indent + _line(key, text)
        return
    elif (line := _list_line(value)) is not None:
        if line:
            yield indent + _line(key, line)
        return
    else:
        inner = (("-" if _has_more(item) else "", item) for item in value)
    if key:
        yield f"{indent}{key}:" if key != "-" else f"{indent}-"
    for name, item in inner:
        yield from _outline(name, item, depth + bool(key))


def _line(key: str, text: str) -> str:
    if len(text) > LONG or "\n" in text:
        return f"{key}:\n{text}" if key else text
    return f"{key}: {text}" if key else text


def _list_line(value: list[Any]) -> str | None:
    """A list of short scalars on one line; None when it has more in it."""
    if any(isinstance(item, (dict, list)) for item in value):
        return None
    texts = [text for item in value if (text := _scalar(item))]
    fits = sum(map(len, texts)) <= LONG and not any("\n" in text for text in texts)
    return ", ".join(texts) if fits else None


def _scalar(value: Any) -> str:
    """Text, numbers as they are written, `true` and `false`; nothing for null."""
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _has_more(value: Any) -> bool:
    if isinstance(value, list):
        return any(isinstance(item, (dict, list)) for item in value)
    return isinstance(value, dict) and bool(value)


def _are_rows(value: Any) -> bool:
    """A list of objects, or of lists of scalars: a table."""
    if not isinstance(value, list) or not value:
        return False
    return all(isinstance(item, dict) for item in value) or all(
        isinstance(item, list) and not _has_more(item) for item in value
    )


def merge_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which a repeated key has a list of its values."""
    merged = dict(pairs)
    if len(merged) == len(pairs):
        return merged
    collected: dict[str, list[Any]] = {}
    for key, value in pairs:
        collected.setdefault(key, []).append(value)
    return {key: values[0] if len(values) == 1 else values for key, values in collected.items()}


def _too_deep() -> UnusableInput:
    return UnusableInput("The data are nested deeper than {levels} levels.", levels=DEEPEST)
