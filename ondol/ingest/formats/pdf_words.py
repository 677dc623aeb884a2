"""Lines of a PDF page as pdfium tells them, with the place of every word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pypdfium2.raw as pdfium_c

from ondol.ingest.formats.pdf_blocks import HYPHENS, Line, Word
from ondol.ingest.formats.pdf_hidden import SMALLEST, Box, Unseen

BROKEN = frozenset(map(ord, HYPHENS))


def read_lines(text_page: Any, page_height: float, unseen: Unseen) -> Iterator[Line]:
    """In the order of the file; characters that nobody sees are left out."""
    handle = text_page.raw
    codes = unseen.mark([pdfium_c.FPDFText_GetUnicode(handle, index) for index in range(text_page.count_chars())])
    start = 0
    for index in [*(place for place, code in enumerate(codes) if code == 10), len(codes)]:
        words = list(_words(codes, start, index))
        if words:
            yield _line(handle, codes[start:index], words, page_height)
        start = index + 1


def _words(codes: Sequence[int], start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """Text, first and last character of every word, and of both parts of one that is broken at the line end."""
    first = None
    for place in range(start, end + 1):
        code = codes[place] if place < end else 32
        if first is None:
            first = place if code > 32 else None
        elif code <= 32 or code in BROKEN:
            yield "".join(map(chr, codes[first : place + (code in BROKEN)])), first, place - 1
            first = None


def _line(handle: Any, codes: Sequence[int], words: list[tuple[str, int, int]], page_height: float) -> Line:
    left, bottom, width_end, top = _box(handle, words[0][1])
    placed = []
    for text, first, last in words:
        box = _box(handle, first)
        edges = box if first == last else _box(handle, last)
        placed.append(Word(text, min(box[0], edges[0]), max(box[2], edges[2]), box[1]))
    return Line(
        text="".join(map(chr, codes)).rstrip("\r"), left=left, right=placed[-1].right, bottom=bottom,
        size=max(top - bottom, SMALLEST), char_width=width_end - left, page_height=page_height, words=tuple(placed),
    )  # fmt: skip


def _box(handle: Any, index: int) -> Box:
    box = pdfium_c.FS_RECTF()
    pdfium_c.FPDFText_GetLooseCharBox(handle, index, box)
    return box.left, box.bottom, box.right, box.top
