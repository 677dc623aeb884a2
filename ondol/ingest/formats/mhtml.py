"""A web page saved as one file: the page itself, without its pictures and styles."""

from __future__ import annotations

from dataclasses import replace
from email.message import Message

from ondol.errors import UnusableInput
from ondol.ingest.formats.eml import read_time
from ondol.ingest.formats.html import CHARSET, read_html
from ondol.ingest.formats.mime import charset, content, decode_letters, header, leaves, read_message
from ondol.ingest.parsed import Parsed

FRAMED = 200
"""Characters; a page with less text only frames another one that is saved with it (blogs of Naver)."""


def read_mhtml(data: bytes, name: str) -> Parsed:
    message = read_message(data)
    pages = [part for part in leaves(message) if part.get_content_type() in ("text/html", "application/xhtml+xml")]
    if not pages:
        raise UnusableInput("The file is no saved web page: it holds no HTML.")
    start = str(message.get_param("start") or "")
    pages.sort(key=lambda part: not start or header(part, "content-id") != start)  # the root first, else as they come
    title = header(message, "subject") or name
    page = _read(pages[0], title)
    if page is None or len(page.text) < FRAMED:
        framed = [found for part in pages[1:] if (found := _read(part, title))]
        page = max([*([page] if page else []), *framed], key=lambda found: len(found.text), default=None)
    if page is None:
        raise UnusableInput("The page holds no text.")
    saved = read_time(header(message, "date"))
    return replace(page, format="mhtml", date=page.date or (saved.date().isoformat() if saved else ""))


def _read(part: Message, title: str) -> Parsed | None:
    """A page; None when it holds nothing."""
    data = content(part)
    declared = CHARSET.search(data[:4096])
    text = decode_letters(data, charset(part) or (declared[1].decode("ascii") if declared else ""))
    try:
        return read_html(text.encode("utf-8", "replace"), title)
    except UnusableInput:
        return None
