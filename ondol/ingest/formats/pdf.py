"""PDF: the text layer page by page, with the lines of a paragraph put together again."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ondol.errors import UnusableInput
from ondol.ingest.alive import beat
from ondol.ingest.formats.pdf_blocks import Line
from ondol.ingest.formats.pdf_grid import Rules, read_rules
from ondol.ingest.formats.pdf_hidden import Unseen
from ondol.ingest.formats.pdf_layout import arrange
from ondol.ingest.formats.pdf_lines import add_to_pages, drop_running_lines, join_lines
from ondol.ingest.formats.pdf_marks import read_marks
from ondol.ingest.formats.pdf_words import read_lines
from ondol.ingest.hidden import describe_passages
from ondol.ingest.ocr.recognise import find_ocr, recognise
from ondol.ingest.parsed import Parsed, canonical
from ondol.lang import translate
from ondol.library.dates import iso_day

JUNK_TITLE = re.compile(  # what programs write when the author gives no title
    r"untitled|\(anonymous\)|제목 ?없음|microsoft (word|powerpoint)|\.(docx?|hwpx?|pptx?|indd|pdf|tex)\b", re.IGNORECASE
)
UNREADABLE = re.compile("[\ue000-\uf8ff\ufffd]|\\(cid:\\d+\\)")
"""Glyphs whose letters the file does not tell: private use, replacement characters, bare glyph numbers."""
DPI, MOST_PIXELS = 300, 25_000_000
"""How a page is drawn for OCR."""
MOST_UNREADABLE = 0.3
"""Share of such characters from which a page counts as a picture."""


def read_pdf(data: bytes, name: str) -> Parsed:
    document = _open(data)
    try:
        reading = _Reading(document)
        pages = [reading.page(number) for number in range(len(document))]
        title, author, day = _title(document), _author(document), _date(document)
    finally:
        document.close()
    if not any(pages) and not any(reading.marks.values()):
        raise UnusableInput(
            "The PDF has no text layer: it is scanned, and reading it needs OCR. {reason}", reason=reading.reason
        )
    seen = drop_running_lines([lines or [] for lines in pages])
    joined = join_lines([arrange(lines, rules) for lines, rules in zip(seen, reading.rules, strict=True)])
    text, spans, rows = add_to_pages(joined, reading.marks)
    return Parsed(
        text=text, title=title or name, format="pdf", pages=tuple(spans), date=day, unread=reading.unread,
        author=author, hidden=describe_passages(reading.hidden), rows=tuple(rows),
    )  # fmt: skip


class _Reading:
    """Pages of a document, one after the other, and what is told of them afterwards."""

    def __init__(self, document: Any) -> None:
        self._document = document
        if document.get_formtype() != pdfium_c.FORMTYPE_NONE:
            document.init_forms()
        self.hidden = Counter[str]()
        self.marks: dict[int, list[str]] = {}
        """Page (from 0) → what stands at its end: recognised text, fields, notes."""
        self.rules: list[Rules] = []
        """Of each page."""
        self.reason = ""
        self._pictures: list[int] = []
        self._recognised: list[tuple[int, float]] = []

    def page(self, number: int) -> list[Line] | None:
        """The lines of a page; None when it is a picture, or its letters cannot be told."""
        try:
            page = self._document[number]
        except pdfium.PdfiumError as error:
            raise UnusableInput("The PDF is damaged: page {page} cannot be read.", page=number + 1) from error
        try:
            lines = self._lines_of(page)
            self.marks[number] = read_marks(self._document, page)
            if lines is None:
                self._recognise(number, page)
        finally:
            page.close()
        beat()
        return lines

    @property
    def unread(self) -> str:
        """What could not be read, and what a recogniser has."""
        told = []
        if self._pictures:
            pages = ", ".join(map(str, self._pictures))
            told.append(translate("Pages without a text layer, which need OCR: {pages}", pages=pages))
            told.append(self.reason)
        if self._recognised:
            pages = ", ".join(f"{page} ({confidence:.2f})" for page, confidence in self._recognised)
            told.append(translate("Pages read by OCR, with its confidence: {pages}", pages=pages))
        return " ".join(filter(None, told))

    def _lines_of(self, page: Any) -> list[Line] | None:
        text_page = page.get_textpage()
        try:
            unseen = Unseen(page, text_page)
            lines = list(read_lines(text_page, page.get_height(), unseen))
            self.rules.append(read_rules(unseen.paths))
            self.hidden += unseen.counts
            if not lines and any(page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE])):
                return None
        finally:
            text_page.close()
        letters = "".join(line.text for line in lines)
        unreadable = sum(len(match) for match in UNREADABLE.findall(letters))
        return None if unreadable > MOST_UNREADABLE * len(letters) else lines

    def _recognise(self, number: int, page: Any) -> None:
        ocr, self.reason = find_ocr()
        if ocr is None:
            self._pictures.append(number + 1)
            return
        scale = min(DPI / 72, (MOST_PIXELS / max(1.0, page.get_width() * page.get_height())) ** 0.5)
        found = recognise(ocr, page.render(scale=scale, grayscale=True).to_pil())
        if found.text:
            self.marks[number] = [found.text, *self.marks[number]]
            self._recognised.append((number + 1, found.confidence))
        else:
            self._pictures.append(number + 1)
            self.reason = translate("No text was recognised on them.")


def _open(data: bytes) -> Any:
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if pdfium_c.FPDF_GetLastError() == pdfium_c.FPDF_ERR_PASSWORD or "password" in str(error).lower():
            raise UnusableInput("The PDF is protected by a password.") from error
        raise UnusableInput("The PDF is damaged: {reason}", reason=error) from error


def _title(document: Any) -> str:
    title = " ".join(_told(document, "Title").split())
    return "" if JUNK_TITLE.search(title) or len(title) > 200 else title


def _author(document: Any) -> str:
    author = " ".join(canonical(_told(document, "Author")).split())
    return "" if JUNK_TITLE.search(author) else author


def _date(document: Any) -> str:
    return iso_day(_told(document, "ModDate")) or iso_day(_told(document, "CreationDate"))


def _told(document: Any, key: str) -> str:
    """What the document says of itself; empty where that is damaged."""
    try:
        return str(document.get_metadata_value(key))
    except UnicodeDecodeError:
        return ""
