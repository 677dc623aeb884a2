"""Markdown, kept as it is written: headings are found, front matter gives the title, code stays whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ondol.ingest.formats.encoding import decode_text
from ondol.ingest.hidden import describe_passages, strip_parsed
from ondol.ingest.parsed import Heading, Parsed, canonical
from ondol.library.dates import iso_day
from ondol.library.rows import Span
from ondol.library.tags import split_tags

FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
FENCE = re.compile(
    r"^[ ]{0,3}(?P<mark>`{3,}+|~{3,}+)[^\n]*+\n.*?(?:^[ ]{0,3}(?P=mark)[`~]*[ \t]*$|\Z)", re.DOTALL | re.MULTILINE
)
HEADING = re.compile(
    r"^[ ]{0,3}(?P<marks>#{1,6})[ \t]+(?P<title>[^\n]*?)(?:[ \t]+#+)?[ \t]*$"
    r"|^(?P<under>[^\s#>|`~-][^\n]*)\n(?P<line>=+|-{2,})[ \t]*$",
    re.MULTILINE,
)
INLINE = re.compile(r"(?<!`)(`+)(?!`)[^`\n]+\1(?!`)")
REFERENCE = re.compile(
    r"^[ ]{0,3}\[(?:comment|//|#|_)[^\]\n]*\]:[ \t]*(?:#|<>)[^\n]*(?:\n|\Z)", re.MULTILINE | re.IGNORECASE
)
"""`[//]: # (text)`: a link that nothing leads to, the other way to write a comment."""
MARKUP = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[*_`]{1,3}(\S(?:.*?\S)?)[*_`]{1,3}")


def read_md(data: bytes, name: str) -> Parsed:
    text = canonical(decode_text(data))
    title, day, tags = "", "", ""
    if front := FRONT_MATTER.match(text):
        title, day, tags = (_field(front[1], name) for name in ("title", "date", "tags"))
        text = text[front.end() :].lstrip("\n")
    text, comments = _without_comments(text)
    whole = tuple(match.span() for match in FENCE.finditer(text))
    headings = _headings(text, whole)
    if not title and headings and headings[0].level == 1:
        title = headings[0].title
    return strip_parsed(Parsed(
        text=text, title=title or name, format="md", headings=headings, whole=whole, date=iso_day(day),
        tags=split_tags([tags.strip("[]").replace('"', "").replace("'", "")]),
        hidden=describe_passages({"comments": comments}),
    ))  # fmt: skip


def _without_comments(text: str) -> tuple[str, int]:
    """The text without what no reader of the rendered page sees, and how many comments had words.

    Comments in code stay, and one that is not closed: what follows it is no secret for those who read the source.
    """
    code = [*(match.span() for match in FENCE.finditer(text)), *(match.span() for match in INLINE.finditer(text))]
    inside = {place for start, end in code for place in _find_all(text, start, end)}
    pieces, place, count = [], 0, 0
    for start in _find_all(text, 0, text.rfind("-->") + 1):
        if start < place or start in inside:
            continue
        end = text.index("-->", start)
        pieces.append(text[place:start])
        count += any(char.isalnum() for char in text[start:end])
        place = end + 3
        if text[max(0, start - 1) : start] in ("", "\n") and text[place : place + 1] == "\n":
            place += 1  # a comment that is a line of its own goes with its line
    lines = "".join([*pieces, text[place:]])
    kept, references = REFERENCE.subn("", lines)
    return kept.strip("\n") if place or references else text, count + references


def _find_all(text: str, start: int, end: int) -> Iterator[int]:
    """Where comments open."""
    while (start := text.find("<!--", start, end)) >= 0:
        yield start
        start += 4


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
