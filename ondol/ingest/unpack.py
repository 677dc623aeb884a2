"""Everything that is in a file: its own text, and that of the files inside it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from ondol.errors import MissingExtra, OndolError, UnusableInput
from ondol.ingest.formats import FORMATS
from ondol.ingest.large_text import LARGE, STREAMED, check_size, read_windows
from ondol.ingest.messages import Done, Failed, Left, Message, Text, Unchanged
from ondol.ingest.parse import modified_day, parse_bytes, read_bytes
from ondol.ingest.parsed import Parsed, Part
from ondol.ingest.walk import show_path
from ondol.lang import nfc, translate

DEEPEST = 3
"""Files in files in files are read, a fourth level is not: people do not pack that deep, traps do."""
MOST_INSIDE = 512 << 20
"""Bytes of all files inside one file together."""
SHOWN = 6


def read_file(place: Path, known: str = "") -> Iterator[Message]:
    """Read a file; the last message is `Done`, `Unchanged`, or `Failed` of the file itself.

    Args:
        known: SHA-256 of the bytes that need not be read again.
    """
    try:
        if place.suffix.lower() in STREAMED and place.stat().st_size > LARGE:
            yield from _read_large(place, known)
        else:
            yield from _read_whole(place, known)
    except OSError as error:
        yield Failed("", translate("The file cannot be read: {reason}", reason=error.strerror or error))
    except MemoryError:
        raise
    except OndolError as error:
        yield Failed("", _reason(error))
    except Exception as error:  # a reader's own mistake must not stop the other files, and says what it is
        yield Failed("", f"{type(error).__name__}: {error}")


def _read_whole(place: Path, known: str) -> Iterator[Message]:
    data = read_bytes(place)
    digest = hashlib.sha256(data).hexdigest()
    if digest == known:
        yield Unchanged()
        return
    inside = _Inside(modified_day(place))
    parsed = parse_bytes(data, place)
    yield from inside.document("", data, parsed)
    del data
    yield from inside.parts("", parsed.parts, depth=1)
    yield Done(digest)


def _read_large(place: Path, known: str) -> Iterator[Message]:
    check_size(place)
    with place.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest == known:
        yield Unchanged()
        return
    size, day, start = place.stat().st_size, modified_day(place), 0
    for parsed, more in read_windows(place):
        text = parsed.text + "\n" if more else parsed.text
        parsed = replace(parsed, text=text, date=parsed.date or day)
        yield Text(part="", sha256=digest, bytes=size, parsed=parsed, start=start, more=more)
        start += len(text)
    yield Done(digest)


class _Inside:
    """Files inside one file, each told once, as long as they are not too many bytes."""

    def __init__(self, day: str) -> None:
        self._day = day
        self._seen: set[str] = set()
        self._bytes = 0

    def document(self, part: str, data: bytes, parsed: Parsed) -> Iterator[Message]:
        if parsed.text.strip():
            digest = hashlib.sha256(data).hexdigest()
            parsed = replace(parsed, date=parsed.date or self._day, parts=())
            yield Text(part=part, sha256=digest, bytes=len(data), parsed=parsed)
        elif parsed.unread:
            yield Left(part, parsed.unread)

    def parts(self, above: str, parts: tuple[Part, ...], *, depth: int) -> Iterator[Message]:
        unknown = Counter[str]()
        for part in parts:
            path = PurePosixPath(nfc(part.name) or "?")
            name = self._name(f"{above}/{path}" if above else str(path))
            if path.suffix.lower() not in FORMATS:
                unknown[path.suffix.lower() or path.name] += 1
            elif depth > DEEPEST:
                yield Failed(name, translate("It lies deeper than {levels} files in files.", levels=DEEPEST))
            else:
                yield from self._part(name, part, depth)
        if unknown:
            kinds = ", ".join(f"{kind} ({count})" for kind, count in unknown.most_common(SHOWN))
            yield Left(above, translate("Files of formats that cannot be read: {kinds}", kinds=kinds))

    def _part(self, name: str, part: Part, depth: int) -> Iterator[Message]:
        self._bytes += len(part.data)
        if self._bytes > MOST_INSIDE:
            raise UnusableInput("The files inside are larger than {limit} MB together.", limit=MOST_INSIDE >> 20)
        try:
            parsed = parse_bytes(part.data, Path(show_path(Path(PurePosixPath(name).name))))
        except MemoryError:
            raise
        except OndolError as error:
            yield Failed(name, _reason(error))
        except Exception as error:  # as above
            yield Failed(name, f"{type(error).__name__}: {error}")
        else:
            yield from self.document(name, part.data, parsed)
            yield from self.parts(name, parsed.parts, depth=depth + 1)

    def _name(self, name: str) -> str:
        """The name, counted on where another file inside has it already."""
        free, number = name, 1
        while free in self._seen:
            number += 1
            free = f"{name} ({number})"
        self._seen.add(free)
        return free


def _reason(error: OndolError) -> str:
    """What a person is told; what to install where that is what is missing."""
    return f"{error.message} {error.hint}" if isinstance(error, MissingExtra) else error.message
