"""What HWP and HWPX have in common: how paragraphs, tables, notes and margins become text."""

from __future__ import annotations

from collections.abc import Sequence

from ondol.ingest.formats.table import add_table
from ondol.ingest.hidden import describe_passages
from ondol.ingest.parsed import Parsed, TextBuilder, as_note


class HangulText:
    """Notes follow their paragraph; headers, footers and master pages stand once, at the end."""

    def __init__(self, *, many: bool) -> None:
        """Begin.

        Args:
            many: there is more than one section, and each becomes a page.
        """
        self._builder = TextBuilder()
        self._many = many
        self._margins: dict[str, None] = {}
        self._comments = 0

    def begin_section(self) -> None:
        if self._many:
            self._builder.turn_page()

    def add_paragraph(self, words: str) -> None:
        self._builder.add("\n".join(" ".join(line.split()) for line in words.split("\n")).strip(), gap="\n")

    def add_table(self, rows: Sequence[Sequence[str]]) -> None:
        """A row a line; with the names of their columns in front where the first row has them."""
        add_table(self._builder, rows)

    def add_note(self, words: str) -> None:
        if words.strip():
            note = " ".join(words.split())
            self._builder.add(as_note(note), gap="\n")

    def add_margin(self, words: str) -> None:
        """A header, a footer or what stands on a master page."""
        for line in words.split("\n"):
            if line.strip():
                self._margins[" ".join(line.split())] = None

    def count_comment(self) -> None:
        """A hidden comment or a memo, which is no part of the text."""
        self._comments += 1

    def build(self, *, title: str, format: str, author: str, date: str, unread: str = "") -> Parsed:  # noqa: A002 - the field's name
        gap = "\n\n"
        for line in self._margins:
            self._builder.add(line, gap=gap)
            gap = "\n"
        return self._builder.build(
            title=title, format=format, author=author, date=date, unit="section", unread=unread,
            hidden=describe_passages({"comments": self._comments}),
        )  # fmt: skip
