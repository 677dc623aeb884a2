"""A page of an original PDF as a picture, with a passage marked on it: `page_process` starts it as a process.

python -m ondol.server.api.page_picture MEMORY_MB SECONDS
"""

from __future__ import annotations

import hashlib
import io
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
from PIL import Image, ImageChops, ImageDraw

from ondol.errors import NotFound, OndolError, UnusableInput
from ondol.ingest import child
from ondol.library.rows import Span
from ondol.server.api.page_boxes import find_boxes
from ondol.server.api.page_process import LEAVES, STAYS, gone
from ondol.server.sent_errors import write_error

LARGE_MB = 500
"""A process that has grown to this ends after its page, and a fresh one takes its place."""
MOST_PIXELS = 20_000_000
INK = (255, 221, 87)
"""What a passage lies on; letters stay as they are."""
EDGE = 1.5
"""Points around a line."""
FULL = "Reading it takes more than {limit} MB of memory."


def main() -> None:
    """Answer lines of JSON, as `page_process` writes them, with a PNG each, or an error as JSON."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server decides when it ends
    most_mb, most_s = int(sys.argv[1]), float(sys.argv[2])
    child.limit_memory(most_mb)
    with child.answers() as out:
        for line in sys.stdin.buffer:
            child.limit_silence(2 * most_s)  # the server is quicker, while there is one
            answer, leaves = _answer(json.loads(line), most_mb), child.has_grown(LARGE_MB)
            child.send(out, (LEAVES if leaves else STAYS) + answer)
            child.limit_silence(0)
            if leaves:
                return


def _answer(asked: dict[str, Any], most_mb: int) -> bytes:
    try:
        data = read_original(asked["place"], asked["sha256"], source=asked["source"])
        return draw_page(data, asked["number"], width=asked["width"], text=asked["text"], marked=tuple(asked["marked"]))
    except OndolError as error:
        return json.dumps(write_error(error)).encode()
    except MemoryError:
        return json.dumps(write_error(UnusableInput(FULL, limit=most_mb))).encode()


def read_original(place: str, sha256: str, *, source: str) -> bytes:
    """The bytes that the library has read.

    Raises:
        NotFound: the file is gone or another one now.
    """
    try:
        data = Path(place).read_bytes()
    except OSError as error:
        raise gone(source) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise gone(source)
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


if __name__ == "__main__":
    main()
