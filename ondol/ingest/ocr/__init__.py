"""Recognisers of printed text by name, tried in this order."""

from ondol.registry import Entry

OCR = {
    "tesseract": Entry("tesseract:open_tesseract", extra="ocr", about="Tesseract with Korean and English (kor+eng)"),
}
