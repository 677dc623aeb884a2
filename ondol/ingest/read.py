"""Read one document: bytes to `Parsed`, or to LangChain documents."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from langchain_core.documents import Document

from ondol.errors import UnusableInput
from ondol.ingest.formats import FORMATS
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
    """
    if not data:
        raise UnusableInput("The file is empty.")
    reader = resolve("ondol.ingest.formats", FORMATS, path.suffix.lower(), what="format")
    parsed: Parsed = reader(data, nfc(show_path(Path(path.stem))))
    if not parsed.text.strip():
        raise UnusableInput("The file holds no text.")
    return parsed


def read_source(path: str | Path) -> Parsed:
    """Read one file; raises as `read_bytes` and `parse_bytes`."""
    return parse_bytes(read_bytes(Path(path)), Path(path))


def load_documents(path: str | Path) -> list[Document]:
    """Read one file as LangChain documents: one for each page, or one where the format has no pages.

    The metadata hold source, title, format, and page (from 1) with start and end in the whole text.

    Raises:
        UnusableInput: the file cannot be read; the message is the reason.
    """
    parsed = read_source(path)
    shared = {"source": show_path(Path(path)), "title": parsed.title, "format": parsed.format}
    if not parsed.pages:
        return [Document(page_content=parsed.text, metadata=shared)]
    return [
        Document(page_content=parsed.text[start:end], metadata={**shared, "page": page, "start": start, "end": end})
        for page, (start, end) in enumerate(parsed.pages, 1)
    ]
