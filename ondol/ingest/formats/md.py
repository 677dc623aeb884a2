"""Markdown, kept as it is written: headings are found, front matter gives the title, code stays whole."""

from __future__ import annotations

import re

from ondol.ingest.formats.encoding import decode_text
from ondol.ingest.parsed import Heading, Parsed, canonical
from ondol.library.dates import iso_day
from ondol.library.rows import Span
from ondol.library.tags import split_tags

FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
FENCE = re.compile(
    r"^[ ]{0,3}(?P<mark>`{3,}|~{3,})[^\n]*\n.*?(?:^[ ]{0,3}(?P=mark)[`~]*[ \t]*$|\Z)", re.DOTALL | re.MULTILINE
)
HEADING = re.compile(
    r"^[ ]{0,3}(?P<marks>#{1,6})[ \t]+(?P<title>[^\n]*?)(?:[ \t]+#+)?[ \t]*$"
    r"|^(?P<under>[^\s#>|`~-][^\n]*)\n(?P<line>=+|-{2,})[ \t]*$",
    re.MULTILINE,
)
MARKUP = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[*_`]{1,3}(\S(?:.*?\S)?)[*_`]{1,3}")


def read_md(data: bytes, name: str) -> Parsed:
    text = canonical(decode_text(data))
    title, day, tags = "", "", ""
    if front := FRONT_MATTER.match(text):
        title, day, tags = (_field(front[1], name) for name in ("title", "date", "tags"))
        text = text[front.end() :].lstrip("\n")
    whole = tuple(match.span() for match in FENCE.finditer(text))
    headings = _headings(text, whole)
    if not title and headings and headings[0].level == 1:
        title = headings[0].title
    return Parsed(
        text=text, title=title or name, format="md", headings=headings, whole=whole, date=iso_day(day),
        tags=split_tags([tags.strip("[]").replace('"', "").replace("'", "")]),
    )  # fmt: skip


def _field(front: str, name: str) -> str:
    """A field of the front matter; the items of a list below it are put together with commas."""
    found = re.search(rf"^{name}:[ \t]*(.*(?:\n[ \t]*- .+)*)$", front, re.MULTILINE | re.IGNORECASE)
    lines = found[1].splitlines() if found else []
    return ",".join(filter(None, (line.strip().removeprefix("- ").strip().strip("\"'") for line in lines)))


def _headings(text: str, code: tuple[Span, ...]) -> tuple[Heading, ...]:
    found = []
    for match in HEADING.finditer(text):
        if any(start <= match.start() < end for start, end in code):
            continue
        title = match["title"] if match["marks"] else match["under"]
        level = len(match["marks"]) if match["marks"] else 1 if match["line"][0] == "=" else 2
        title = MARKUP.sub(lambda mark: mark[1] or mark[2] or "", title).strip()
        if title:
            found.append(Heading(match.start(), level, title))
    return tuple(found)
