"""One document's text as a part of another's."""

from __future__ import annotations

from ondol.ingest.parsed import Parsed, TextBuilder


def add_parsed(builder: TextBuilder, parsed: Parsed, *, deeper: int = 0) -> None:
    """Append a document with its headings, code and rows; pages, parts and what is told of it are the caller's.

    Args:
        deeper: how many levels lower its headings come.
    """
    text = parsed.text
    headings = {heading.start: heading for heading in parsed.headings}
    whole = dict(parsed.whole)
    ends = {start: end if (end := text.find("\n", start)) >= 0 else len(text) for start in headings}
    place = 0
    for start, end in sorted((ends | whole | dict(parsed.rows)).items()):
        if start < place:
            continue
        builder.add(text[place:start])
        if heading := headings.get(start):
            builder.add_heading(heading.title, heading.level + deeper)
        elif start in whole:
            builder.add_whole(text[start:end])
        else:
            builder.add_row(text[start:end])
        place = end
    builder.add(text[place:])
