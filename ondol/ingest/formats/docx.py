"""Word: paragraphs, headings, lists, tables and notes in the order of the document; headers and footers at its end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ondol.ingest.formats.docx_words import DocxWords, read_styles
from ondol.ingest.formats.table import add_table
from ondol.ingest.formats.zipped import ZippedDocument, attribute, find_text, local
from ondol.ingest.hidden import describe_passages
from ondol.ingest.parsed import Parsed, TextBuilder, as_note
from ondol.library.dates import iso_day

HEADING = re.compile(r"(?:heading|제목)\s*(\d)", re.IGNORECASE)
ITEMS = ("List Bullet", "List Number", "글머리 기호", "번호 매기기")
TEMPLATE = ("python-docx", "2013-12-23")
"""Author and day that python-docx writes into every document that it makes."""
PAGE_NUMBER = re.compile(r"[\W\d]*|page \d+( of \d+)?", re.IGNORECASE)


def read_docx(data: bytes, name: str) -> Parsed:
    package = ZippedDocument(data, kind=".docx")
    place = _main_part(package)
    body = next(package.xml(place).iterchildren("{*}body"), None)
    if body is None:
        raise package.damaged()
    reading = _Reading(package, place.rpartition("/")[0])
    reading.read(body)
    reading.add_margins()
    core = package.find_xml("docProps/core.xml")
    day, author = (
        iso_day(find_text(core, "modified")) or iso_day(find_text(core, "created")),
        find_text(core, "creator"),
    )
    return reading.builder.build(
        title=find_text(core, "title") or reading.title or name, format="docx", hidden=reading.hidden(),
        date="" if day == TEMPLATE[1] else day, author="" if author == TEMPLATE[0] else author,
    )  # fmt: skip


def _main_part(package: ZippedDocument) -> str:
    if "_rels/.rels" in package.names:
        for link in package.xml("_rels/.rels").iter("{*}Relationship"):
            if attribute(link, "Type").endswith("/officeDocument"):
                return attribute(link, "Target").lstrip("/")
    return "word/document.xml"


class _Reading:
    """What has been read of a document so far."""

    def __init__(self, package: ZippedDocument, folder: str) -> None:
        self.builder = TextBuilder()
        self.title = ""
        self._package = package
        self._folder = folder
        self._styles = read_styles(package.find_xml(f"{folder}/styles.xml"))
        self._words = DocxWords(self._styles)
        self._notes = {
            kind: {attribute(note, "id"): note for note in self._part(f"{kind}s") if not attribute(note, "type")}
            for kind in ("footnote", "endnote")
        }

    def _part(self, name: str) -> Any:
        root = self._package.find_xml(f"{self._folder}/{name}.xml")
        return root if root is not None else ()

    def read(self, parent: Any) -> None:
        listed = False
        for element in _blocks(parent):
            if local(element) == "tbl":
                add_table(self.builder, self._rows(element))
                self._add_notes()
                listed = False
                continue
            text, style = self._words.text(element).strip(), self._style(element)
            item = _has(element, "pPr/numPr") or style.startswith(ITEMS)
            if level := self._level(element, style):
                self.builder.add_heading(text, level)
            elif text and item:
                self.builder.add(f"- {text}", gap="\n" if listed else "\n\n")
            else:
                self.builder.add(text)
            listed = item
            if style in ("Title", "제목") and not self.title:
                self.title = " ".join(text.split())
            self._add_notes()

    def _rows(self, table: Any) -> Iterator[list[str]]:
        """Cells of every row; one that is merged with the cell above has its text."""
        above: dict[int, str] = {}
        for row in _children(table, "tr"):
            if _has(row, "trPr/del"):
                continue
            cells, place = [], 0
            for cell in _children(row, "tc"):
                text = " ".join(self._words.text(cell).split())
                if (merged := _find(cell, "tcPr/vMerge")) is not None:
                    text = text if attribute(merged, "val") == "restart" else above.get(place, "")
                    above[place] = text
                span = _find(cell, "tcPr/gridSpan")
                width = attribute(span, "val") if span is not None else ""
                place += int(width) if width.isdigit() else 1
                cells.append(text)
            yield cells

    def _add_notes(self) -> None:
        """Footnotes and endnotes that the last block refers to, right behind it."""
        for kind, number in self._words.take_notes():
            note = self._notes[kind].get(number)
            text = " ".join(self._words.text(note).split()) if note is not None else ""
            if text:
                self.builder.add(as_note(text), gap="\n")

    def add_margins(self) -> None:
        """Headers and footers, each line once."""
        lines: dict[str, None] = {}
        for name in self._package.names:
            if re.fullmatch(re.escape(self._folder) + r"/(header|footer)\d*\.xml", name):
                text = "\n".join(
                    self._words.text(element) for element in _blocks(self._package.xml(name), tables=False)
                )
                lines |= dict.fromkeys(" ".join(line.split()) for line in text.split("\n"))
        kept = (line for line in lines if not PAGE_NUMBER.fullmatch(line))
        self.builder.add("\n".join(kept))

    def hidden(self) -> str:
        comments = sum(bool("".join(comment.itertext()).strip()) for comment in self._part("comments"))
        return describe_passages(self._words.hidden | {"comments": comments})

    def _style(self, paragraph: Any) -> str:
        found = _find(paragraph, "pPr/pStyle")
        name = attribute(found, "val") if found is not None else ""
        return self._styles[name].name if name in self._styles else name

    def _level(self, paragraph: Any, style: str) -> int:
        """Heading level by style name or outline level; 0 for body text."""
        if match := HEADING.match(style):
            return int(match[1])
        outline = _find(paragraph, "pPr/outlineLvl")
        value = attribute(outline, "val") if outline is not None else ""
        level = int(value) + 1 if value.isdigit() else 0
        return level if level <= 9 else 0


def _blocks(parent: Any, *, tables: bool = True) -> Iterator[Any]:
    """Paragraphs and tables in order, also those inside content controls; or paragraphs alone, inside tables too."""
    for child in parent:
        kind = local(child)
        if kind == "p" or (kind == "tbl" and tables):
            yield child
        elif kind in ("sdt", "sdtContent", "customXml", "ins", "tbl", "tr", "tc"):
            yield from _blocks(child, tables=tables)


def _children(parent: Any, kind: str) -> Iterator[Any]:
    """Rows of a table or cells of a row, also those inside content controls."""
    for child in parent:
        if local(child) == kind:
            yield child
        elif local(child) in ("sdt", "sdtContent", "customXml"):
            yield from _children(child, kind)


def _find(element: Any, path: str) -> Any:
    return element.find("/".join(f"{{*}}{name}" for name in path.split("/")))


def _has(element: Any, path: str) -> bool:
    return _find(element, path) is not None
