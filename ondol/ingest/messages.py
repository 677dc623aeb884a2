"""What a reading process says of a file, as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from ondol.ingest.parsed import Heading, Parsed


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The file has the bytes that it had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A document that is in the file, or a piece of a large one."""

    part: str
    """Its path inside the file; empty for the file itself."""
    sha256: str
    bytes: int
    parsed: Parsed
    """Of this piece; its offsets count from `start`. Files inside are messages of their own."""
    start: int = 0
    """Where the piece begins in the whole text."""
    more: bool = False
    """Whether pieces follow."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The file, or one inside it, cannot be read."""

    part: str
    reason: str
    leaves: bool = False
    """The process ends now, for its memory was not enough."""


@dataclass(frozen=True, slots=True)
class Left:
    """What was left out although nothing failed: kinds of files inside that nobody reads."""

    part: str
    reason: str


@dataclass(frozen=True, slots=True)
class Alive:
    """Nothing yet, but the work goes on."""


@dataclass(frozen=True, slots=True)
class Done:
    """The file was read to its end."""

    sha256: str
    leaves: bool = False
    """The process ends now, for it has grown large."""


Message = Unchanged | Text | Failed | Left | Alive | Done
KINDS = {kind.__name__: kind for kind in (Unchanged, Text, Failed, Left, Alive, Done)}
ENDS = (Unchanged, Done)
"""After one of these nothing more is said of the file, nor after `Failed` of the file itself."""


def is_last(message: Message) -> bool:
    return isinstance(message, ENDS) or (isinstance(message, Failed) and not message.part)


def encode(message: Message) -> bytes:
    fields = asdict(message)
    if isinstance(message, Text):
        del fields["parsed"]["parts"]
    return json.dumps([type(message).__name__, fields], ensure_ascii=False).encode()


def decode(body: bytes) -> Message:
    name, fields = json.loads(body)
    if name == "Text":
        fields["parsed"] = _parsed(fields["parsed"])
    message: Message = KINDS[name](**fields)
    return message


def _parsed(fields: dict[str, Any]) -> Parsed:
    for name in ("pages", "whole", "rows"):
        fields[name] = tuple(tuple(span) for span in fields[name])
    for name in ("page_names", "tags"):
        fields[name] = tuple(fields[name])
    fields["headings"] = tuple(Heading(**heading) for heading in fields["headings"])
    return Parsed(**fields)
