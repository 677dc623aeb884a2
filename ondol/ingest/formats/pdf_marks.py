"""What people have put on a page of a PDF: filled-in fields and notes."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import Any

import pypdfium2.raw as pdfium_c

from ondol.ingest.parsed import as_note

_KINDS = "TEXT FREETEXT HIGHLIGHT UNDERLINE SQUIGGLY STRIKEOUT SQUARE CIRCLE LINE STAMP CARET FILEATTACHMENT"
NOTES = {getattr(pdfium_c, f"FPDF_ANNOT_{kind}") for kind in _KINDS.split()}
"""Kinds with words of a person; a pop-up repeats those of its note."""
TICKED = {pdfium_c.FPDF_FORMFIELD_CHECKBOX, pdfium_c.FPDF_FORMFIELD_RADIOBUTTON}
UNFILLED = {pdfium_c.FPDF_FORMFIELD_PUSHBUTTON, pdfium_c.FPDF_FORMFIELD_SIGNATURE, pdfium_c.FPDF_FORMFIELD_UNKNOWN}
HIDDEN = 2
"""Flag of an annotation that no reader shows."""
MOST = 2000
"""Annotations of a page that are looked at."""


def read_marks(document: Any, page: Any) -> list[str]:
    """A line for each field that is filled in or ticked, and for each note, in the order of the file."""
    form = document.formenv.raw if document.formenv else None
    lines = [line for annotation in _annotations(page) for line in _lines(annotation, form)]
    return list(dict.fromkeys(lines))


def _annotations(page: Any) -> Iterator[Any]:
    for index in range(min(pdfium_c.FPDFPage_GetAnnotCount(page.raw), MOST)):
        annotation = pdfium_c.FPDFPage_GetAnnot(page.raw, index)
        if annotation:
            try:
                if not pdfium_c.FPDFAnnot_GetFlags(annotation) & HIDDEN:
                    yield annotation
            finally:
                pdfium_c.FPDFPage_CloseAnnot(annotation)


def _lines(annotation: Any, form: Any) -> Iterator[str]:
    kind = pdfium_c.FPDFAnnot_GetSubtype(annotation)
    if kind in NOTES:
        words = _string(lambda *room: pdfium_c.FPDFAnnot_GetStringValue(annotation, b"Contents", *room))
        if words:
            yield as_note(words)
    elif kind == pdfium_c.FPDF_ANNOT_WIDGET and form:
        field = pdfium_c.FPDFAnnot_GetFormFieldType(form, annotation)
        name = _string(lambda *room: pdfium_c.FPDFAnnot_GetFormFieldName(form, annotation, *room))
        value = _string(lambda *room: pdfium_c.FPDFAnnot_GetFormFieldValue(form, annotation, *room))
        if field in TICKED:
            if pdfium_c.FPDFAnnot_IsChecked(form, annotation):
                yield f"{name}: {value if value not in ('On', 'Yes') and value else '☑'}"
        elif name and value and field not in UNFILLED:
            yield f"{name}: {value}"


def _string(call: Callable[..., int]) -> str:
    """A text of pdfium, which tells its size in bytes first: UTF-16 with a zero at its end."""
    size = call(None, 0)
    if size <= 2:
        return ""
    room = (ctypes.c_ushort * (size // 2))()
    call(ctypes.cast(room, ctypes.POINTER(ctypes.c_ushort)), size)
    return " ".join(bytes(room).decode("utf-16-le", "replace").rstrip("\0").split())
