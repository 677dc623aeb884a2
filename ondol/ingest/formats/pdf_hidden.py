"""Text of a PDF page that no reader of it sees: painted by no pen, white on white, too small, or outside the page."""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pypdfium2.raw as pdfium_c

INVISIBLE = {pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium_c.FPDF_TEXTRENDERMODE_CLIP}
SMALLEST = 1.0
"""Points; the letters of a newspaper have 8, a foot note 6."""
WHITE = 245
"""Least red, green and blue of a colour that is not seen on paper."""
COVERED = 0.5
"""Share of the page that a picture covers when the invisible text over it is what a scanner has recognised."""
BEHIND = {pdfium_c.FPDF_PAGEOBJ_PATH, pdfium_c.FPDF_PAGEOBJ_IMAGE, pdfium_c.FPDF_PAGEOBJ_SHADING}
"""Objects that may lie under white letters and make them seen."""
KINDS = {
    "invisible": "invisible text",
    "white": "white text",
    "small": "text too small to see",
    "outside": "text outside the page",
}
Box = tuple[float, float, float, float]


class Unseen:
    """Tells of each character of a page whether somebody sees it; one look at each text object."""

    def __init__(self, page: Any, text_page: Any) -> None:
        self._text = text_page.raw
        self._page = page.get_cropbox()
        self._backs: list[Box] | None = None
        self._objects = [(found.type, found) for found in page.get_objects(filter=list(BEHIND), max_depth=4)]
        self._scanned = self._is_scanned()
        self._known: dict[int, str] = {}
        self.counts = Counter[str]()

    @property
    def paths(self) -> list[Any]:
        """Lines and shapes of the page."""
        return [found for kind, found in self._objects if kind == pdfium_c.FPDF_PAGEOBJ_PATH]

    def mark(self, codes: Sequence[int]) -> list[int]:
        """The character codes, with spaces in the place of those that nobody sees."""
        return [32 if code > 32 and self._kind(index) else code for index, code in enumerate(codes)]

    def _kind(self, index: int) -> str:
        found = pdfium_c.FPDFText_GetTextObject(self._text, index)
        key = ctypes.cast(found, ctypes.c_void_p).value if found else None
        if key is None:
            return ""
        if key not in self._known:
            kind = self._known[key] = self._look(found, index)
            if kind:
                self.counts[KINDS[kind]] += 1
        return self._known[key]

    def _look(self, text_object: Any, index: int) -> str:
        if not self._scanned and pdfium_c.FPDFTextObj_GetTextRenderMode(text_object) in INVISIBLE:
            return "invisible"
        left, bottom, right, top = self._box(index)
        if top - bottom < SMALLEST:
            return "small"
        x, y = (left + right) / 2, (bottom + top) / 2
        if not (self._page[0] <= x <= self._page[2] and self._page[1] <= y <= self._page[3]):
            return "outside"
        return "white" if self._is_white(index) and not self._has_back(x, y) else ""

    def _box(self, index: int) -> Box:
        box = pdfium_c.FS_RECTF()
        pdfium_c.FPDFText_GetLooseCharBox(self._text, index, box)
        return box.left, box.bottom, box.right, box.top

    def _is_white(self, index: int) -> bool:
        red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
        told = pdfium_c.FPDFText_GetFillColor(self._text, index, red, green, blue, alpha)
        return bool(told) and min(red.value, green.value, blue.value) >= WHITE

    def _has_back(self, x: float, y: float) -> bool:
        if self._backs is None:
            self._backs = [found.get_bounds() for kind, found in self._objects if not _is_white_shape(kind, found)]
        return any(left <= x <= right and bottom <= y <= top for left, bottom, right, top in self._backs)

    def _is_scanned(self) -> bool:
        left, bottom, right, top = self._page
        area = max(1.0, (right - left) * (top - bottom))
        pictures = (found.get_bounds() for kind, found in self._objects if kind == pdfium_c.FPDF_PAGEOBJ_IMAGE)
        return any((box[2] - box[0]) * (box[3] - box[1]) > COVERED * area for box in pictures)


def _is_white_shape(kind: int, found: Any) -> bool:
    """A white sheet under white letters does not make them seen."""
    if kind != pdfium_c.FPDF_PAGEOBJ_PATH:
        return False
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    told = pdfium_c.FPDFPageObj_GetFillColor(found.raw, red, green, blue, alpha)
    return bool(told) and min(red.value, green.value, blue.value) >= WHITE
