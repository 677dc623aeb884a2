"""Large text files, window by window: memory does not grow with the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ondol.errors import UnusableInput
from ondol.ingest.formats.encoding import encoding_of
from ondol.ingest.parse import parse_bytes
from ondol.ingest.parsed import Parsed
from ondol.lang import translate

STREAMED = {".txt", ".text", ".log", ".md", ".markdown", ".csv", ".tsv", ".jsonl", ".ndjson"}
TABLES = {".csv", ".tsv"}
LARGE = 2 << 20
"""Bytes from which a text is read in windows."""
WINDOW = 1 << 20
"""Characters; a chunk's text is cut out of its window, which SQLite reads as a whole."""
LARGEST_TEXT = 2 << 30
"""Bytes; more is no document but a data set."""


def check_size(path: Path) -> None:
    """Raise UnusableInput for a file that is too large to be read, before a byte of it is."""
    if path.stat().st_size > LARGEST_TEXT:
        raise UnusableInput("The file is larger than {limit} MB.", limit=LARGEST_TEXT >> 20)


def read_windows(path: Path) -> Iterator[tuple[Parsed, bool]]:
    """The windows of a text file, each as its format reads it, and whether more follow.

    Raises:
        UnusableInput: it is not text.
    """
    found = False
    for (text, header), more in _with_next(_windows(path)):
        found = True
        yield parse_bytes((header + text).encode(), path), more
    if not found:
        raise UnusableInput("The file holds no text.")


def _with_next(windows: Iterator[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], bool]]:
    before = next(windows, None)
    for window in windows:
        if before is not None:
            yield before, True
        before = window
    if before is not None:
        yield before, False


def _windows(path: Path) -> Iterator[tuple[str, str]]:
    """Text of each window, cut at line ends, and the line of column names that belongs above it."""
    table = path.suffix.lower() in TABLES
    with path.open("rb") as file:
        encoding = encoding_of(file.read(WINDOW))
    header, rest = "", ""
    try:
        with path.open(encoding=encoding) as lines:
            if table:
                header = lines.readline()
            while text := lines.read(WINDOW):
                rest += text
                cut = _cut(rest, table=table)
                if rest[:cut].strip():
                    yield rest[:cut], header
                rest = rest[cut:]
    except UnicodeDecodeError as error:
        raise UnusableInput(translate("The file is binary, not text.")) from error
    if rest.strip():
        yield rest, header


def _cut(text: str, *, table: bool) -> int:
    """Where a window may end: after an empty line, else a line; not inside the quotes of a table."""
    if table:
        return _cut_table(text)
    for mark in ("\n\n", "\n", " "):
        place = text.rfind(mark, len(text) // 2)
        if place >= 0:
            return place + len(mark)
    return len(text)


def _cut_table(text: str) -> int:
    """The last line end that an even number of quotes stands in front of."""
    place, quotes = len(text), text.count('"')
    while (before := text.rfind("\n", 0, place)) >= 0:
        quotes -= text.count('"', before, place)
        if quotes % 2 == 0:
            return before + 1
        place = before
    return len(text)
