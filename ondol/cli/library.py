"""`ondol list`, `show`, `verify` and `reindex`: look into the library, and mend it."""

from __future__ import annotations

import dataclasses
from typing import Any

import typer

from ondol.cli.columns import pad, width_of
from ondol.cli.options import Collection, Home, Json, settings_of
from ondol.cli.output import print_json, say

WIDEST_PATH = 50


def register(app: typer.Typer) -> None:
    app.command("list")(list_)
    app.command()(show)
    app.command()(verify)
    app.command()(reindex)


def list_(
    sources: bool = typer.Option(False, "--sources", help="Name every source."),
    as_json: Json = False,
    collection: Collection = None,
    home: Home = None,
) -> None:
    """Show what the library holds, and what could not be read."""
    from ondol.assemble import open_library

    with open_library(settings=settings_of(collection=collection, home=home)) as library:
        state = library.state()
        rows = library.source_rows() if sources else []
    if as_json:
        print_json({**state, "rows": rows} if sources else state)
        return
    _show_state(state)
    columns = min(max((width_of(row["source"]) for row in rows), default=0), WIDEST_PATH)
    for row in rows:
        about = " · ".join([row["language"], row["date"], *(f"#{tag}" for tag in row["tags"])])
        print(f"  {pad(row['source'], columns)}  {about}  {row['title']}".rstrip())


def show(
    source: str = typer.Argument(help="Path as it was added, or document id."),
    page: int | None = typer.Option(None, "--page", min=1, help="Just this page."),
    as_json: Json = False,
    collection: Collection = None,
    home: Home = None,
) -> None:
    """Print the text of a source as ondol reads it."""
    from ondol.assemble import open_library

    with open_library(settings=settings_of(collection=collection, home=home)) as library:
        document = library.show(source, page=page)
    if as_json:
        print_json(document)
    else:
        print(document["text"])


def verify(
    repair: bool = typer.Option(False, "--repair", help="Mend what can be mended; nothing of yours is deleted."),
    as_json: Json = False,
    collection: Collection = None,
    home: Home = None,
) -> None:
    """Compare texts, chunks and vectors.

    The exit code is 1 when a problem is left.
    """
    from ondol.assemble import open_library
    from ondol.cli.bars import Bars

    with open_library(settings=settings_of(collection=collection, home=home)) as library:
        if repair:
            library.repair(Bars())
        problems = library.verify()
        state = {**library.state(), "problems": problems}
    if as_json:
        print_json(state)
    else:
        _show_state(state)
    if problems:
        raise typer.Exit(1)


def reindex(
    as_json: Json = False,
    collection: Collection = None,
    home: Home = None,
) -> None:
    """Make the word index again.

    After a new dictionary, or when an update of ondol analyses words in another way. The new index is made beside the
    old one, which is searched until then.
    """
    from ondol.assemble import open_library
    from ondol.cli.bars import Bars
    from ondol.ingest.reindex import reindex_words

    with open_library(settings=settings_of(collection=collection, home=home)) as library:
        report = dataclasses.asdict(reindex_words(library, progress=Bars()))
    if as_json:
        print_json(report)
    else:
        say("{chunks} chunks are in the word index · {seconds:.1f} s", **report)


def _show_state(state: dict[str, Any]) -> None:
    say("{collection}: sources {sources} · chunks {chunks} · vectors {vectors} ({embeddings}, {store})", **state)
    for problem in state["problems"]:
        if problem["kind"] == "unreadable":
            say("not added: {what}", **problem)
        else:
            say("problem: {what}\n  → {fix}", **problem)
