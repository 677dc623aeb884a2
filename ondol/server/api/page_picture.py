"""A page of an original PDF as a picture, with a passage marked on it."""

from __future__ import annotations

import hashlib
import io
import stat
import threading
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
from PIL import Image, ImageChops, ImageDraw

from ondol.errors import NotFound, UnusableInput
from ondol.library.rows import Source, Span
from ondol.server.api.page_boxes import find_boxes

NARROWEST, WIDEST = 100, 2400
"""Pixels."""
MOST_PIXELS = 20_000_000
INK = (255, 221, 87)
"""What a passage lies on; letters stay as they are."""
EDGE = 1.5
"""Points around a line."""
_drawing = threading.Lock()
"""pdfium does not bear two threads at once."""


def is_original(source: Source) -> bool:
    """Whether the file may still be there to be looked at: a PDF by itself, of the size that was read."""
    if source.format != "pdf" or source.part or not source.place:
        return False
    try:
        status = Path(source.place).stat()
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == source.bytes


def read_original(source: Source, sha256: str) -> bytes:
    """The bytes that the library has read.

    Raises:
        NotFound: the file is gone or another one now.
    """
    gone = NotFound(
        "The PDF of {source} is not there any more, or was changed.", hint="Its text is in the library as it was read.",
        source=source.source,
    )  # fmt: skip
    if not is_original(source):
        raise gone
    try:
        data = Path(str(source.place)).read_bytes()
    except OSError as error:
        raise gone from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise gone
    return data


def draw_page(data: bytes, number: int, *, width: int, text: str = "", marked: Span = (0, 0)) -> bytes:
    """A page as PNG, `width` pixels wide, or narrower where it is very long.

    Args:
        number: counted from 1.
        text: of the page, as the library has it.
        marked: in characters of `text`; nothing is marked where it is empty.

    Raises:
        NotFound: there is no such page.
        UnusableInput: the page cannot be drawn.
    """
    with _drawing:
        try:
            document = pdfium.PdfDocument(data)
            try:
                picture = _draw(document, number, width, text, marked)
            finally:
                document.close()
        except pdfium.PdfiumError as error:
            raise UnusableInput("The PDF is damaged: page {page} cannot be read.", page=number) from error
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _draw(document: Any, number: int, width: int, text: str, marked: Span) -> Image.Image:
    if not 1 <= number <= len(document):
        raise NotFound("The PDF has no page {page}.", hint="It has pages 1 to {last}.", page=number, last=len(document))
    if document.get_formtype():
        document.init_forms()
    page = document[number - 1]
    try:
        across, down = max(1.0, page.get_width()), max(1.0, page.get_height())
        scale = min(width / across, (MOST_PIXELS / (across * down)) ** 0.5)
        bitmap = page.render(scale=scale)
        picture = bitmap.to_pil().convert("RGB").copy()
        boxes = _boxes(page, text, marked) if marked[0] < marked[1] else []
        return _mark(picture, bitmap.get_posconv(page), boxes) if boxes else picture
    finally:
        page.close()


def _boxes(page: Any, text: str, marked: Span) -> list[tuple[float, float, float, float]]:
    text_page = page.get_textpage()
    try:
        return find_boxes(text_page, text, *marked)
    finally:
        text_page.close()


def _mark(picture: Image.Image, places: Any, boxes: list[tuple[float, float, float, float]]) -> Image.Image:
    """The picture with boxes under its ink, as a marker pen leaves it."""
    paper = Image.new("RGB", picture.size, "white")
    pen = ImageDraw.Draw(paper)
    for left, bottom, right, top in boxes:
        corners = places.to_bitmap(left - EDGE, top + EDGE), places.to_bitmap(right + EDGE, bottom - EDGE)
        (x0, y0), (x1, y1) = corners
        pen.rectangle((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)), fill=INK)
    return ImageChops.multiply(picture, paper)
