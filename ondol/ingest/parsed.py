"""A document after reading: one text, and what is known about its parts."""

from __future__ import annotations

from dataclasses import dataclass

from ondol.lang import nfc
from ondol.library.rows import Span


@dataclass(frozen=True, slots=True)
class Heading:
    start: int
    level: int
    """1 is the highest; a heading ends the reach of those with its level or a lower one."""
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """Offsets count characters of `text`, which is NFC with `\\n` as its only line end."""

    text: str
    title: str
    format: str
    pages: tuple[Span, ...] = ()
    """Page after page without gaps; empty for formats without pages."""
    headings: tuple[Heading, ...] = ()
    """In the order of the text."""
    whole: tuple[Span, ...] = ()
    """Parts that are not cut at sentences: code."""
    rows: tuple[Span, ...] = ()
    """Records that stand for themselves, such as the rows of a CSV file."""
    date: str = ""
    """Of the content, ISO, where the document itself tells it."""
    tags: tuple[str, ...] = ()
    unread: str = ""
    """What could not be read although the rest was, for people; empty when nothing is missing."""


def canonical(text: str) -> str:
    """NFC, `\\n` for every line end, no NUL; nothing else changes, so that offsets fit what the author wrote."""
    return nfc(text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""))


class TextBuilder:
    """Puts a text together block by block and keeps the offsets."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._headings: list[Heading] = []
        self._whole: list[Span] = []
        self._rows: list[Span] = []

    def add(self, text: str, *, gap: str = "\n\n") -> Span:
        """Append a block after `gap`; an empty one is left out."""
        text = canonical(text).strip("\n")
        if not text.strip():
            return self._length, self._length
        if self._parts:
            text = gap + text
            start = self._length + len(gap)
        else:
            start = 0
        self._parts.append(text)
        self._length += len(text)
        return start, self._length

    def add_heading(self, title: str, level: int) -> None:
        title = " ".join(title.split())
        start, end = self.add(title)
        if start < end:
            self._headings.append(Heading(start, level, title))

    def add_whole(self, text: str) -> None:
        self._whole.append(self.add(text))

    def add_row(self, text: str) -> None:
        self._rows.append(self.add(text))

    def build(self, *, title: str, format: str, date: str = "") -> Parsed:  # noqa: A002 - the field's name
        return Parsed(
            text="".join(self._parts), title=" ".join(canonical(title).split()), format=format,
            headings=tuple(self._headings), whole=tuple(self._whole), rows=tuple(self._rows), date=date,
        )  # fmt: skip
