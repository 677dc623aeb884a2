"""Read one document as LangChain documents."""

from __future__ import annotations

from pathlib import Path

from langchain_core.documents import Document

from ondol.ingest.parse import parse_bytes, read_bytes
from ondol.ingest.parsed import Parsed
from ondol.ingest.walk import show_path


def read_source(path: str | Path) -> Parsed:
    """Read one file; raises as `read_bytes` and `parse_bytes`."""
    return parse_bytes(read_bytes(Path(path)), Path(path))


def load_documents(path: str | Path) -> list[Document]:
    """Read one file as LangChain documents: one for each page, or one where the format has no pages.

    The metadata hold source, title, format, author, and page (from 1; also slide, sheet, section or time, as `unit`
    tells) with start and end in the whole text.

    Raises:
        UnusableInput: the file cannot be read; the message is the reason.
    """
    parsed = read_source(path)
    shared = {"source": show_path(Path(path)), "title": parsed.title, "format": parsed.format, "author": parsed.author}
    if not parsed.pages:
        return [Document(page_content=parsed.text, metadata=shared)]
    names = parsed.page_names or [""] * len(parsed.pages)
    return [
        Document(
            page_content=parsed.text[start:end],
            metadata={**shared, "page": page, "unit": parsed.unit, "page_name": name, "start": start, "end": end},
        )
        for page, ((start, end), name) in enumerate(zip(parsed.pages, names, strict=True), 1)
    ]
