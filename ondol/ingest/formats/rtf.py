"""RTF: paragraphs, tables, notes and boxes, headers and footers once; what its head tells of title, author and date."""

from __future__ import annotations

import re

from ondol.errors import UnusableInput
from ondol.ingest.formats.rtf_words import Piece, RtfWords
from ondol.ingest.formats.table import add_table
from ondol.ingest.hidden import describe_passages
from ondol.ingest.parsed import Parsed, TextBuilder, as_note
from ondol.lang import translate
from ondol.library.dates import iso_day

REVISED = re.compile(rb"\\(revtim|creatim)\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})")
LARGEST = 64 << 20
"""Bytes; pictures are written out in it, texts are never that long."""


def read_rtf(data: bytes, name: str) -> Parsed:
    data = data.lstrip()
    if not data.startswith(b"{\\rtf"):
        raise UnusableInput("The document is damaged or not a {kind} file.", kind=".rtf")
    if len(data) > LARGEST:
        raise UnusableInput("The file is larger than {limit} MB.", limit=LARGEST >> 20)
    words = RtfWords()
    words.read(data)
    writing = _Writing()
    for piece in words.pieces:
        writing.add(piece)
    writing.end()
    return writing.builder.build(
        title=writing.about.get("title", "") or name, format="rtf", author=writing.about.get("author", ""),
        date=_day(data), hidden=describe_passages(words.hidden),
        unread="" if words.whole else translate("The file is cut off: the end of its text is missing."),
    )  # fmt: skip


def _day(data: bytes) -> str:
    found = {
        kind: f"{int(year):04}-{int(month):02}-{int(day):02}"
        for kind, year, month, day in (match.groups() for match in REVISED.finditer(data))
    }
    return iso_day(found.get(b"revtim", "")) or iso_day(found.get(b"creatim", ""))


class _Writing:
    """Puts pieces together: notes and boxes behind the paragraph or the table that they belong to."""

    def __init__(self) -> None:
        self.builder = TextBuilder()
        self.about: dict[str, str] = {}
        self._rows: list[list[str]] = []
        self._cells: list[str] = []
        self._apart: list[Piece] = []
        self._below_table: list[Piece] = []
        self._margins: dict[str, None] = {}
        self._gap = "\n"

    def add(self, piece: Piece) -> None:
        words = "\n".join(filter(None, (" ".join(line.split()) for line in piece.words.split("\n"))))
        if piece.kind in ("title", "author"):
            self.about.setdefault(piece.kind, words)
        elif piece.kind == "margin":
            self._margins |= dict.fromkeys(line for line in words.split("\n") if any(map(str.isalpha, line)))
        elif piece.kind in ("note", "box"):
            self._apart.append(Piece(piece.kind, words))
        elif piece.kind == "cell":
            self._cells.append(words)
        elif piece.kind == "row":
            self._end_row(words)
        else:
            self._end_paragraph(words, page=piece.kind == "page")

    def end(self) -> None:
        self._end_paragraph("", page=True)
        self.builder.add("\n".join(self._margins))

    def _end_row(self, words: str) -> None:
        """Words behind the last cell belong to no cell."""
        self._rows.append([*self._cells, words] if words else self._cells)
        self._below_table += self._apart
        self._cells, self._apart = [], []

    def _end_paragraph(self, words: str, *, page: bool) -> None:
        if self._cells:
            self._end_row("")
        if self._rows:
            add_table(self.builder, self._rows)
            self._add_apart(self._below_table)
            self._rows, self._below_table, self._gap = [], [], "\n\n"
        self.builder.add(words, gap=self._gap)
        self._gap = "\n" if words and not page else "\n\n"
        self._add_apart(self._apart)
        self._apart = []

    def _add_apart(self, apart: list[Piece]) -> None:
        for piece in apart:
            if piece.kind == "note":
                words = " ".join(piece.words.split())
                told = as_note(words)
                self.builder.add(told, gap="\n")
            else:
                self.builder.add(piece.words)
