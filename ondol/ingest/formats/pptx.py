"""PowerPoint: every slide a page, what stands on it from top to bottom, its notes below."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE
from pptx.exc import PythonPptxError

from ondol.errors import UnusableInput
from ondol.ingest.formats.zipped import BROKEN_PACKAGE, ZippedDocument, find_text, local
from ondol.ingest.parsed import Parsed, TextBuilder, as_note
from ondol.lang import translate
from ondol.library.dates import iso_day

TEMPLATE_DAY = "2013-01-27"
"""What python-pptx writes into every presentation that it makes."""
BAND = 200_000
"""English metric units (5 mm) within which two shapes stand side by side."""


def read_pptx(data: bytes, name: str) -> Parsed:
    package = ZippedDocument(data, kind=".pptx")
    core = package.find_xml("docProps/core.xml")
    try:
        shown = Presentation(io.BytesIO(data))
        builder, hidden = TextBuilder(), 0
        for slide in shown.slides:
            if slide._element.get("show") == "0":
                hidden += 1
            else:
                _read_slide(slide, builder)
    except UnusableInput:
        raise
    except (PythonPptxError, *BROKEN_PACKAGE) as error:
        raise package.damaged() from error
    told = translate("{count} hidden slides", count=hidden) if hidden else ""
    day = iso_day(find_text(core, "modified")) or iso_day(find_text(core, "created"))
    day = "" if day == TEMPLATE_DAY else day
    return builder.build(
        title=find_text(core, "title") or name, format="pptx", unit="slide", author=find_text(core, "creator"),
        date=day, hidden=told,
    )  # fmt: skip


def _read_slide(slide: Any, builder: TextBuilder) -> None:
    title = slide.shapes.title
    heading = " ".join(title.text_frame.text.split()) if title is not None and title.has_text_frame else ""
    builder.turn_page(heading)
    if heading:
        builder.add_heading(heading, 1)
    for shape in _in_order(slide.shapes):
        if title is None or shape.shape_id != title.shape_id:
            _read_shape(shape, builder)
    notes = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    if notes is not None and notes.text.strip():
        text = "\n".join(filter(None, (" ".join(line.split()) for line in notes.text.split("\n"))))
        builder.add(as_note(text))


def _in_order(shapes: Any) -> list[Any]:
    """From top to bottom; from left to right where they stand side by side."""
    return sorted(shapes, key=lambda shape: ((shape.top or 0) // BAND, shape.left or 0))


def _read_shape(shape: Any, builder: TextBuilder) -> None:
    if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
        for inner in _in_order(shape.shapes):
            _read_shape(inner, builder)
    elif getattr(shape, "has_table", False):
        gap = "\n\n"
        for row in shape.table.rows:
            cells = (" ".join(cell.text_frame.text.split()) for cell in row.cells if not cell.is_spanned)
            builder.add(" | ".join(filter(None, cells)), gap=gap)
            gap = "\n"
    elif getattr(shape, "has_chart", False):
        builder.add(" | ".join(_chart_words(shape.chart)))
    elif shape.has_text_frame:
        builder.add("\n".join(_lines(shape.text_frame)))
    else:
        builder.add("\n".join(_drawn(shape)))


def _lines(frame: Any) -> Iterator[str]:
    for paragraph in frame.paragraphs:
        text = " ".join("".join(run for run in _runs(paragraph._p)).split())
        if text:
            yield f"- {text}" if paragraph.level else text


def _runs(paragraph: Any) -> Iterator[str]:
    for element in paragraph.iter():
        kind = local(element)
        if kind == "t":
            yield element.text or ""
        elif kind in ("br", "tab"):
            yield " "


def _chart_words(chart: Any) -> Iterator[str]:
    if chart.has_title and chart.chart_title.has_text_frame:
        yield chart.chart_title.text_frame.text
    for plot in chart.plots:
        yield from (str(category) for category in plot.categories)
        yield from (str(series.name) for series in plot.series)


def _drawn(shape: Any) -> Iterator[str]:
    """Text of drawings that python-pptx does not know, such as SmartArt's fallback."""
    for paragraph in shape._element.iter("{http://schemas.openxmlformats.org/drawingml/2006/main}p"):
        text = " ".join("".join(_runs(paragraph)).split())
        if text:
            yield text
