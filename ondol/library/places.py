"""Where in a source something stands, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ondol.lang import translate

PLACES = {
    "page": "{source}, p. {page}",
    "slide": "{source}, slide {page}",
    "sheet": "{source}, sheet {name}",
    "section": "{source}, section {page}",
}
FIELDS = ("page", "unit", "page_name")
"""What a hit or a citation tells of its place, beside its source and offsets."""


def show_place(row: Mapping[str, Any], *, source: str | None = None) -> str:
    """`rules.pdf, p. 3`, `talk.pptx, slide 3`, `sales.xlsx, sheet 2024`, `meeting.mp3, 0:12:30`.

    Args:
        row: `source` and, where there is one, what `FIELDS` name.
        source: how the source is called here; as in the row when not given.
    """
    source, page = source or str(row["source"]), row.get("page")
    unit, name = row.get("unit") or "page", row.get("page_name") or ""
    if not page:
        return source
    if unit == "time" or (unit == "section" and name):
        return f"{source}, {name}"
    return translate(PLACES.get(unit, PLACES["page"]), source=source, page=page, name=name or page)
