"""One document: bytes to `Parsed`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ondol.errors import UnusableInput
from ondol.ingest.formats import FORMATS
from ondol.ingest.hidden import strip_parsed
from ondol.ingest.parsed import Parsed
from ondol.ingest.walk import show_path
from ondol.lang import nfc
from ondol.registry import resolve

LARGEST = 512 << 20
"""Bytes; a larger file would not fit in memory together with its text."""


def read_bytes(path: Path) -> bytes:
    """The bytes of a document.

    Raises:
        UnusableInput: too large, or it cannot be read.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise UnusableInput("The file is larger than {limit} MB.", limit=LARGEST >> 20)
        return path.read_bytes()
    except PermissionError as error:
        raise UnusableInput("Reading this is not permitted.") from error
    except OSError as error:
        raise UnusableInput("The file cannot be read: {reason}", reason=error.strerror or error) from error


def modified_day(path: Path) -> str:
    """The day a file was changed last, ISO, in local time; empty when nobody knows."""
    try:
        return date.fromtimestamp(path.stat().st_mtime).isoformat()
    except (OSError, OverflowError, ValueError):
        return ""


def parse_bytes(data: bytes, path: Path) -> Parsed:
    """Turn the bytes of a document into its text; `path` tells the format and the title of last resort.

    Raises:
        UnusableInput: the bytes hold no text that can be read; the message is the reason.
        NotFound: no reader for the extension.
        MissingExtra: a package is missing that the format needs.
    """
    if not data:
        raise UnusableInput("The file is empty.")
    reader = resolve("ondol.ingest.formats", FORMATS, path.suffix.lower(), what="format")
    parsed = strip_parsed(reader(data, nfc(show_path(Path(path.stem)))))
    if not parsed.text.strip() and not parsed.parts:
        raise UnusableInput("The file holds no text.")
    return parsed
