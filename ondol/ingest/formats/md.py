"""Markdown, kept as it is written: headings are found, front matter gives the title, code stays whole."""

from __future__ import annotations

import re

from ondol.ingest.formats.encoding import decode_text
from ondol.ingest.parsed import Heading, Parsed, canonical
from ondol.library.rows import Span

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
    title = ""
    if front := FRONT_MATTER.match(text):
        found = re.search(r"^title:[ \t]*(.+)$", front[1], re.MULTILINE | re.IGNORECASE)
        title = found[1].strip().strip("\"'") if found else ""
        text = text[front.end() :].lstrip("\n")
    whole = tuple(match.span() for match in FENCE.finditer(text))
    headings = _headings(text, whole)
    if not title and headings and headings[0].level == 1:
        title = headings[0].title
    return Parsed(text=text, title=title or name, format="md", headings=headings, whole=whole)


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
