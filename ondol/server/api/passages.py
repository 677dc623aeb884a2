"""A passage of a source: its text with what stands around it, and the page of the original PDF."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import Field

from ondol.errors import NotFound, UsageError
from ondol.library.library import Library
from ondol.server.api.page_process import NARROWEST, WIDEST, Wanted
from ondol.server.api.parts import ERRORS, Here, Parts, Shape

router = APIRouter(responses=ERRORS)
FARTHEST = 2**40
"""No text is longer, and SQLite takes it."""
MOST_AROUND, MOST_SHOWN = 20_000, 200_000
"""Characters."""
MOST_PAGES = 1_000_000
Document = Annotated[str, Query(alias="id", max_length=4000, description="Document id, or path as it was added.")]
Offset = Annotated[int, Query(ge=0, le=FARTHEST, description="In characters of the source's text.")]
Drawn = Annotated[int, Query(ge=NARROWEST, le=WIDEST, description="Pixels.")]
PNG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}
}


class Passage(Shape):
    """`text` begins at character `begin` of the source; the passage is `text[start - begin:end - begin]`."""

    document_id: str
    source: str
    title: str
    text: str
    begin: int
    start: int
    end: int
    page: int | None
    unit: str = Field(description="What page counts: page, slide, sheet, section or time.")
    page_name: str
    heading: str


@router.get("/api/source/passage")
def passage(
    document_id: Document, library: Here, start: Offset, end: Offset,
    around: Annotated[int, Query(ge=0, le=MOST_AROUND, description="Characters before and after.")] = 600,
) -> Passage:  # fmt: skip
    """A slice of the source's text, with what stands around it."""
    source = library.find(document_id)
    if not start <= end <= start + MOST_SHOWN:
        raise UsageError("A passage goes from start to end, and is not longer than {most} characters.", most=MOST_SHOWN)
    begin = max(0, start - around)
    text = library.slice(source.document_id, begin, end + around)
    if len(text) < end - begin:
        raise NotFound(
            "The text of {source} ends at {end}.", hint="It may have been changed; ask again.", source=source.source,
            end=begin + len(text) if text else "–",
        )  # fmt: skip
    place = library.place_of(source.document_id, start)
    return Passage(
        document_id=source.document_id, source=source.source, title=source.title, text=text, begin=begin, start=start,
        end=end, page=place.page, unit=place.unit, page_name=place.page_name,
        heading=library.heading_at(source.document_id, start),
    )  # fmt: skip


@router.get("/api/source/page/{number}.png", response_class=Response, responses=PNG)
def page_picture(
    document_id: Document, number: Annotated[int, Path(ge=1, le=MOST_PAGES)], engine: Parts, library: Here,
    start: Offset = 0, end: Offset = 0, width: Drawn = 1000,
) -> Response:  # fmt: skip
    """A page of the original PDF with the passage marked, while the file is there as it was read."""
    source = library.find(document_id)
    sha256, _ = library.stamp(source.document_id) or ("", "")
    begin, text = _page(library, source.document_id, number)
    marked = max(0, start - begin), min(len(text), end - begin)
    wanted = Wanted(number=number, width=width, text=text, marked=marked)
    return Response(engine.pages.draw(source, sha256, wanted), media_type="image/png")


def _page(library: Library, document_id: str, number: int) -> tuple[int, str]:
    """Where the text of a page begins, and the text."""
    shown = library.show(document_id, page=number)
    return next((row["start"], shown["text"]) for row in shown["pages"] if row["page"] == number)
