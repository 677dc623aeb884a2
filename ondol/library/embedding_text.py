"""What the embedder is given for a chunk."""

from __future__ import annotations

MAX_HEADER = 160
"""Characters of title and headings that are embedded; a statute's longest path here has 71."""


def embedding_text(title: str, heading: str, chunk_text: str) -> str:
    """The chunk under a line with its title and headings: `title > heading`, newline, text.

    A heading line, or an article's `제56조(연장근로)`, that the chunk itself begins with is not said twice.
    """
    header = embedding_header(title, heading)
    last, beginning = heading.rpartition(" > ")[2], chunk_text.lstrip("# ")
    if last and (beginning.startswith(f"{last}\n") or (last.endswith(")") and beginning.startswith(last))):
        header = header.removesuffix(last).removesuffix(" > ")
    return f"{header}\n{chunk_text}" if header else chunk_text


def embedding_header(title: str, heading: str) -> str:
    """The line above the chunk; its beginning is cut where it is too long, for the end says more."""
    if heading.startswith(title):
        title = ""
    return " > ".join(filter(None, [title, heading]))[-MAX_HEADER:]
