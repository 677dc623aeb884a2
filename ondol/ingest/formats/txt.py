"""Plain text."""

from __future__ import annotations

from ondol.ingest.formats.encoding import decode_text
from ondol.ingest.hidden import strip_parsed
from ondol.ingest.parsed import Parsed, canonical


def read_txt(data: bytes, name: str) -> Parsed:
    return strip_parsed(Parsed(text=canonical(decode_text(data)), title=name, format="txt"))
