"""PDF: the text layer page by page, with the lines of a paragraph put together again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ondol.errors import UnusableInput
from ondol.ingest.formats.pdf_lines import Line, drop_running_lines, join_lines
from ondol.ingest.parsed import Parsed
from ondol.lang import translate
from ondol.library.dates import iso_day

JUNK_TITLE = re.compile(  # what programs write when the author gives no title
    r"untitled|\(anonymous\)|제목 ?없음|microsoft (word|powerpoint)|\.(docx?|hwpx?|pptx?|indd|pdf|tex)\b", re.IGNORECASE
)
UNREADABLE = re.compile("[\ue000-\uf8ff\ufffd]|\\(cid:\\d+\\)")
"""Glyphs whose letters the file does not tell: private use, replacement characters, bare glyph numbers."""
MOST_UNREADABLE = 0.3
"""Share of such characters from which a page counts as a picture."""


def read_pdf(data: bytes, name: str) -> Parsed:
    document = _open(data)
    try:
        pages = [_page_lines(document, number) for number in range(len(document))]
        title, day = _title(document), _date(document)
    finally:
        document.close()
    if not any(pages):
        raise UnusableInput("The PDF has no text layer: it is scanned, and reading it needs OCR.")
    pictures = ", ".join(str(number) for number, lines in enumerate(pages, 1) if lines is None)
    unread = translate("Pages without a text layer, which need OCR: {pages}", pages=pictures) if pictures else ""
    text, spans = join_lines(drop_running_lines([lines or [] for lines in pages]))
    return Parsed(text=text, title=title or name, format="pdf", pages=tuple(spans), date=day, unread=unread)


def _open(data: bytes) -> Any:
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if pdfium_c.FPDF_GetLastError() == pdfium_c.FPDF_ERR_PASSWORD or "password" in str(error).lower():
            raise UnusableInput("The PDF is protected by a password.") from error
        raise UnusableInput("The PDF is damaged: {reason}", reason=error) from error


def _title(document: Any) -> str:
    title = " ".join(document.get_metadata_dict().get("Title", "").split())
    return "" if JUNK_TITLE.search(title) or len(title) > 200 else title


def _date(document: Any) -> str:
    metadata = document.get_metadata_dict()
    return iso_day(metadata.get("ModDate", "")) or iso_day(metadata.get("CreationDate", ""))


def _page_lines(document: Any, number: int) -> list[Line] | None:
    """The lines of a page; None when it is a picture, or its letters cannot be told."""
    try:
        page = document[number]
    except pdfium.PdfiumError as error:
        raise UnusableInput("The PDF is damaged: page {page} cannot be read.", page=number + 1) from error
    text_page = page.get_textpage()
    try:
        lines = list(_lines(text_page, page.get_height()))
        if not lines and any(page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE])):
            return None
    finally:
        text_page.close()
        page.close()
    letters = "".join(line.text for line in lines)
    unreadable = sum(len(match) for match in UNREADABLE.findall(letters))
    return None if unreadable > MOST_UNREADABLE * len(letters) else lines


def _lines(text_page: Any, page_height: float) -> Iterator[Line]:
    handle = text_page.raw
    codes = [pdfium_c.FPDFText_GetUnicode(handle, index) for index in range(text_page.count_chars())]
    start = 0
    for index in [*(place for place, code in enumerate(codes) if code == 10), len(codes)]:
        seen = [place for place in range(start, index) if codes[place] > 32]
        if seen:
            yield _line(text_page, codes[start:index], (start, seen), page_height)
        start = index + 1


def _line(text_page: Any, codes: list[int], place: tuple[int, list[int]], page_height: float) -> Line:
    start, seen = place
    text = "".join(map(chr, codes)).rstrip("\r")
    first_word = len(text) - len(text.lstrip()) + len(text.split(maxsplit=1)[0]) - 1
    left, bottom, width_end, top = text_page.get_charbox(seen[0], loose=True)
    right = text_page.get_charbox(seen[-1], loose=True)[2]
    word_end = text_page.get_charbox(start + first_word, loose=True)[2]
    return Line(
        text=text, left=left, right=right, bottom=bottom, size=top - bottom, char_width=width_end - left,
        word_width=word_end - left, page_height=page_height,
    )  # fmt: skip
