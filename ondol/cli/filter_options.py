"""Options that say which sources to look into, and the filter they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ondol.library.filters import Filter

Given = list[str] | None
InSource = Annotated[
    Given, typer.Option("--source", metavar="PATH", help="Only this file, folder or pattern; !PATH leaves it out.")
]
Titled = Annotated[
    Given, typer.Option("--title", metavar="TEXT", help="Only titles with this text, or of this pattern.")
]
InLanguage = Annotated[Given, typer.Option("--language", metavar="ko|en", help="Only sources in this language.")]
Since = Annotated[
    str | None, typer.Option("--since", metavar="DATE", help="Only sources dated 2024-05-17, 2024 … or later.")
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="DATE", help="Only sources of this day, month or year, or earlier.")
]
Tagged = Annotated[Given, typer.Option("--tag", metavar="NAME", help="Only sources with this tag; !NAME without it.")]


def filter_of(
    *,
    source: Given = None,
    title: Given = None,
    language: Given = None,
    since: str | None = None,
    until: str | None = None,
    tag: Given = None,
) -> Filter | None:
    """What the options ask for; None when they ask for nothing.

    Raises:
        UsageError: a value is empty or no date.
    """
    from ondol.library.filters import Filter

    lists = {"source": source or (), "title": title or (), "language": language or (), "tags": tag or ()}
    return Filter(since=since, until=until, **lists) or None
