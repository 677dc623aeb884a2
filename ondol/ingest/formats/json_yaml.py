"""JSON, JSONL, YAML and TOML: every key and value as text that can be found."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import yaml

from ondol.errors import UnusableInput
from ondol.ingest.formats.encoding import decode_text
from ondol.ingest.formats.nested import DEEPEST, merge_pairs, write_nested
from ondol.ingest.parsed import Heading, Parsed, TextBuilder, canonical
from ondol.lang import translate

KEY = re.compile(
    r"^(?P<title>[^\s#:\-\[\]{}%&*!|>'\",][^\n:#]{0,80}):[ \t]*(?:[&!]\S+[ \t]*)?(?:#[^\n]*)?\n(?=[ \t]|-|\n)", re.M
)
"""A key of YAML at the left margin with something below it."""
TABLE = re.compile(r"^\[{1,2}(?P<title>[^\[\]\n]{1,200})\]{1,2}[ \t]*(?:#[^\n]*)?$", re.M)
FREE = 1 << 20
GROWTH = 10
"""How many times longer than its file a YAML text may become by its aliases, from `FREE` characters on."""


def read_json(data: bytes, name: str) -> Parsed:
    """What is no JSON is read as text, and that is told; one object a line is read as JSONL."""
    text = decode_text(data)
    try:
        value = _loads(text)
    except ValueError as error:
        lines = text.strip().splitlines()
        if len(lines) > 1 and lines[0].rstrip().endswith("}") and _is_object(lines[0]):
            return read_jsonl(data, name)
        unread = translate("It is no valid JSON ({reason}) and was read as plain text.", reason=error)
        return Parsed(text=canonical(text), title=name, format="json", unread=unread)
    builder = TextBuilder()
    write_nested(builder, value)
    title = value.get("title") if isinstance(value, dict) else ""
    return builder.build(title=title if isinstance(title, str) and title.strip() else name, format="json")


def read_jsonl(data: bytes, name: str) -> Parsed:
    """Every line is a row."""
    values, bad = [], 0
    lines = [line for line in decode_text(data).split("\n") if line.strip()]
    for line in lines:
        try:
            values.append(_loads(line))
        except ValueError:
            bad += 1
    if not values:
        raise UnusableInput("The file is no JSONL: not one of its lines is JSON.")
    builder = TextBuilder()
    for value in values:
        write_nested(builder, [value if isinstance(value, dict | list) else [value]])
    unread = "{bad} of {lines} lines are no valid JSON and were left out."
    return builder.build(title=name, format="jsonl", unread=translate(unread, bad=bad, lines=len(lines)) if bad else "")


def _loads(text: str) -> Any:
    """Numbers stay as they are written, for people search 1.10 and not 1.1."""
    try:
        return json.loads(
            text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=merge_pairs, strict=False
        )
    except RecursionError as error:
        raise UnusableInput("The data are nested deeper than {levels} levels.", levels=DEEPEST) from error


def _is_object(line: str) -> bool:
    try:
        return isinstance(_loads(line), dict)
    except ValueError:
        return False


def read_yaml(data: bytes, name: str) -> Parsed:
    """A list of objects as rows; everything else as it is written, with its comments, under its keys."""
    text = canonical(decode_text(data))
    unread = ""
    try:
        documents = load_yaml(text)
    except yaml.YAMLError as error:
        documents = []
        reason = " ".join(str(getattr(error, "problem", "") or error).split())
        unread = translate("It is no valid YAML ({reason}) and was read as plain text.", reason=reason)
    if len(documents) == 1 and isinstance(documents[0], list) and all(isinstance(row, dict) for row in documents[0]):
        builder = TextBuilder()
        write_nested(builder, documents[0])
        return builder.build(title=name, format="yaml")
    first = documents[0].get("title") if documents and isinstance(documents[0], dict) else ""
    title = first if isinstance(first, str) and first.strip() else name
    return Parsed(text=text, title=title, format="yaml", headings=_headings(KEY, text), unread=unread)


def read_toml(data: bytes, name: str) -> Parsed:
    """As it is written: every table is a heading."""
    text = canonical(decode_text(data))
    return Parsed(text=text, title=name, format="toml", headings=_headings(TABLE, text))


def _headings(pattern: re.Pattern[str], text: str) -> tuple[Heading, ...]:
    return tuple(Heading(match.start(), 1, match["title"].strip()) for match in pattern.finditer(text))


def load_yaml(text: str) -> list[Any]:
    """The documents of a YAML text, scalars as they are written; nothing is constructed, whatever the tags say.

    From events, not by PyYAML's composer, which takes the process down with deep nesting.

    Raises:
        UnusableInput: nested too deep, or aliases that repeat themselves to more than the file could hold.
        yaml.YAMLError: no YAML.
    """
    loading = _Loading(GROWTH * len(text) + FREE)
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        loading.take(event)
    return loading.documents


class _Open:
    """A collection whose end is not reached."""

    def __init__(self, anchor: str | None, close: Callable[[list[Any]], Any]) -> None:
        self.anchor, self.close = anchor, close
        self.items: list[Any] = []
        self.size = 1


class _Loading:
    def __init__(self, largest: int) -> None:
        self.documents: list[Any] = []
        self._largest = largest
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.ScalarEvent):
            plain_null = event.implicit[0] and event.value in ("", "~", "null")
            self._add(None if plain_null else event.value, 1 + len(event.value), event.anchor)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise UnusableInput(
                    "The YAML refers to '{name}', which is not there or not complete.", name=event.anchor
                )
            self._add(*self._anchors[event.anchor], None)
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            if len(self._stack) > DEEPEST:
                raise UnusableInput("The data are nested deeper than {levels} levels.", levels=DEEPEST)
            self._stack.append(_Open(event.anchor, list if isinstance(event, yaml.SequenceStartEvent) else _mapping))
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            ended = self._stack.pop()
            self._add(ended.close(ended.items), ended.size, ended.anchor)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._anchors.clear()

    def _add(self, value: Any, size: int, anchor: str | None) -> None:
        if size > self._largest:
            raise UnusableInput("The aliases of the YAML repeat more text than a file holds: it is a trap.")
        if anchor:
            self._anchors[anchor] = (value, size)
        if self._stack:
            self._stack[-1].items.append(value)
            self._stack[-1].size += size
        else:
            self.documents.append(value)


def _mapping(items: list[Any]) -> dict[str, Any]:
    keys = ("?" if isinstance(key, dict | list) else str(key or "") for key in items[::2])
    return merge_pairs(list(zip(keys, items[1::2], strict=False)))
