"""A document after reading: one text, and what is known about its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ondol.lang import detect_language, nfc, translate
from ondol.library.rows import Span


@dataclass(frozen=True, slots=True)
class Heading:
    start: int
    level: int
    """1 is the highest; a heading ends the reach of those with its level or a lower one."""
    title: str


@dataclass(frozen=True, slots=True)
class Part:
    """A file inside a file: an attachment, or a member of an archive."""

    name: str
    """Its path inside, with `/`; the extension tells its format."""
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """Offsets count characters of `text`, which is NFC with `\\n` as its only line end."""

    text: str
    title: str
    format: str
    pages: tuple[Span, ...] = ()
    """Page after page without gaps; empty for formats without pages."""
    unit: str = "page"
    """What `pages` are: page, slide, sheet, section, or time (parts of a recording)."""
    page_names: tuple[str, ...] = ()
    """One a page where they have names (a sheet's name, a chapter's title, `0:12:30`); else empty."""
    headings: tuple[Heading, ...] = ()
    """In the order of the text."""
    whole: tuple[Span, ...] = ()
    """Parts that are not cut at sentences: code."""
    rows: tuple[Span, ...] = ()
    """Records that stand for themselves, such as the rows of a CSV file."""
    date: str = ""
    """Of the content, ISO, where the document itself tells it."""
    author: str = ""
    """As the document itself tells it."""
    tags: tuple[str, ...] = ()
    unread: str = ""
    """What could not be read although the rest was, for people; empty when nothing is missing."""
    hidden: str = ""
    """What was left out because no reader of the document sees it, for people; empty when there was none."""
    parts: tuple[Part, ...] = ()
    """Files inside this one; each becomes a source of its own. The text may be empty when there are some."""


def canonical(text: str) -> str:
    """NFC, `\\n` for every line end, no NUL; nothing else changes, so that offsets fit what the author wrote."""
    return nfc(text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""))


def as_note(words: str) -> str:
    """What a footnote or a speaker's note reads like in the text, in its own language."""
    return translate("Note: {text}", language=detect_language(words), text=words)


class TextBuilder:
    """Puts a text together block by block and keeps the offsets."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._headings: list[Heading] = []
        self._whole: list[Span] = []
        self._rows: list[Span] = []
        self._pages: list[tuple[int, str]] = []
        self._turned: list[str] = []

    def turn_page(self, name: str = "") -> None:
        """Begin a page (slide, sheet, section) with what is added next; one that stays empty has an empty span."""
        self._turned.append(" ".join(canonical(name).split()))

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
        self._pages += [(start, name) for name in self._turned]
        self._turned = []
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

    def build(
        self,
        *,
        title: str,
        format: str,  # noqa: A002 - the field's name
        date: str = "",
        author: str = "",
        unit: str = "page",
        unread: str = "",
        hidden: str = "",
        parts: Sequence[Part] = (),
    ) -> Parsed:
        pages = [*self._pages, *((self._length, name) for name in self._turned)]
        starts = [0, *(start for start, _ in pages[1:]), self._length] if pages else []
        names = tuple(name for _, name in pages)
        return Parsed(
            text="".join(self._parts), title=" ".join(canonical(title).split()), format=format,
            pages=tuple(pairwise(starts)), unit=unit, page_names=names if any(names) else (),
            headings=tuple(self._headings), whole=tuple(self._whole), rows=tuple(self._rows), date=date,
            author=" ".join(canonical(author).split()), unread=unread, hidden=hidden, parts=tuple(parts),
        )  # fmt: skip
