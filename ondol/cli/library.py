"""`ondol list`, `show`, `verify`, `reindex` and `migrate`: look into the library, and mend it."""

from __future__ import annotations

import dataclasses
from typing import Any

import typer

from ondol.cli.columns import pad, width_of
from ondol.cli.options import Collection, Home, Json, settings_of
from ondol.cli.output import print_json, say, tell

WIDEST_PATH = 50


def register(app: typer.Typer) -> None:
    app.command("list")(list_)
    app.command()(show)
    app.command()(verify)
    app.command()(reindex)
    app.command()(migrate)


def list_(
    sources: bool = typer.Option(False, "--sources", help="Name every source."),
    alike: bool = typer.Option(False, "--alike", help="Name sources that are nearly the same."),
    as_json: Json = False,
    collection: Collection = None,
    home: Home = None,
) -> None:
    """Show what the library holds, and what could not be read."""
    from ondol.assemble import open_library

    with open_library(settings=settings_of(collection=collection, home=home)) as library:
        state = library.state()
        rows = library.source_rows() if sources else []
        pairs = [dataclasses.asdict(pair) for pair in library.find_alike()] if alike else []
    if as_json:
        print_json({**state, **({"rows": rows} if sources else {}), **({"alike": pairs} if alike else {})})
        return
    _show_state(state)
    columns = min(max((width_of(row["source"]) for row in rows), default=0), WIDEST_PATH)
    for row in rows:
        about = " · ".join([row["language"], row["date"], *(f"#{tag}" for tag in row["tags"])])
        print(f"  {pad(row['source'], columns)}  {about}  {row['title']}".rstrip())
    for pair in pairs:
        say("nearly the same: {source} and {other} ({likeness:.0%})", **pair)


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
    embeddings: str | None = typer.Option(None, "--embeddings", metavar="SPEC", help="Embed everything with this one."),
    chunk_tokens: int | None = typer.Option(None, "--chunk-tokens", min=16, help="Split anew: most tokens of a chunk."),
    overlap_tokens: int | None = typer.Option(None, "--overlap-tokens", min=0, help="Tokens that a chunk repeats."),
    rollback: bool = typer.Option(False, "--rollback", help="Take the vectors of before the last reindex again."),
    as_json: Json = False,
    collection: Collection = None,
    home: Home = None,
) -> None:
    """Make the word index or the vectors again.

    Vectors with another embedder, or of other chunks. The new index is made beside the old
    one, which is searched until then, and checked before it takes its place.
    Without options it is the word index: after a new dictionary, or when an update of ondol analyses words otherwise.
    """
    from ondol.assemble import open_library
    from ondol.cli.bars import Bars
    from ondol.ingest.drafting import change_chunking
    from ondol.ingest.reindex import reindex_vectors, reindex_words, roll_back

    with open_library(settings=settings_of(collection=collection, home=home)) as library:
        if rollback:
            done = roll_back(library, progress=Bars())
        elif embeddings or chunk_tokens or overlap_tokens is not None:
            config = change_chunking(library, max_tokens=chunk_tokens, overlap_tokens=overlap_tokens)
            done = reindex_vectors(library, embeddings, config=config, progress=Bars())
        else:
            done = reindex_words(library, progress=Bars())
        report = {**dataclasses.asdict(done), "embeddings": library.embeddings_spec}
    if as_json:
        print_json(report)
    elif rollback or embeddings or chunk_tokens or overlap_tokens is not None:
        say("{chunks} chunks were embedded with {embeddings} · {seconds:.1f} s", **report)
        tell("The vectors of before are kept: ondol reindex --rollback")
    else:
        say("{chunks} chunks are in the word index · {seconds:.1f} s", **report)


def migrate(
    store: str = typer.Option(..., "--to", metavar="STORE", help="Vector store, such as chroma or faiss."),
    as_json: Json = False,
    collection: Collection = None,
    home: Home = None,
) -> None:
    """Move the vectors into another store.

    Nothing is embedded again; the copies are checked before they are searched.
    """
    from ondol.assemble import open_library
    from ondol.cli.bars import Bars

    with open_library(settings=settings_of(collection=collection, home=home)) as library:
        before = library.store_name
        library.migrate(store, Bars())
        report = {**library.state(), "from": before}
    if as_json:
        print_json(report)
    else:
        say("{vectors} vectors are in {store} now; they were in {from}.", **report)


def _show_state(state: dict[str, Any]) -> None:
    say("{collection}: sources {sources} · chunks {chunks} · vectors {vectors} ({embeddings}, {store})", **state)
    for problem in state["problems"]:
        if problem["kind"] == "unreadable":
            say("not added: {what}", **problem)
        else:
            say("problem: {what}\n  → {fix}", **problem)
