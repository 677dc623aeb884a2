"""`ondol add` and `ondol remove`: what is in the library."""

from __future__ import annotations

import dataclasses

import typer

from ondol.cli.options import Collection, Embeddings, Home, Json, Store, settings_of
from ondol.cli.output import INTERRUPTED, print_json, say, tell

ADDED = (
    "{added} added, {updated} updated, {unchanged} unchanged, {failures} failed · chunks: {chunks} · {seconds:.1f} s"
)


def register(app: typer.Typer) -> None:
    app.command(epilog="Examples:  ondol add notes.md reports/  ·  ondol add rows.jsonl --records --id id --text text")(
        add
    )
    app.command()(remove)


def add(
    paths: list[str] = typer.Argument(help="Files, folders or patterns such as 'reports/*.pdf'."),
    records: bool = typer.Option(False, "--records", help="Every line of the JSONL file is a source of its own."),
    id_key: str = typer.Option("id", "--id", help="With --records: key of the document's id."),
    text_key: str = typer.Option("text", "--text", help="With --records: key of the text."),
    title_key: str = typer.Option("title", "--title", help="With --records: key of the title; it may be absent."),
    tags: list[str] | None = typer.Option(
        None, "--tag", metavar="NAME", help="Give every source this tag; repeatable."
    ),
    untag: list[str] | None = typer.Option(None, "--untag", metavar="NAME", help="Take this tag off; repeatable."),
    as_json: Json = False,
    collection: Collection = None,
    home: Home = None,
    embeddings: Embeddings = None,
    store: Store = None,
) -> None:
    """Read documents into the library.

    Unchanged ones are left alone, changed ones replaced; a file that cannot be read is told and stops nothing.
    """
    from ondol.assemble import open_library
    from ondol.cli.bars import Bars
    from ondol.ingest.add import add_documents
    from ondol.ingest.records import RecordKeys

    settings = settings_of(collection=collection, home=home, embeddings=embeddings, store=store)
    keys = RecordKeys(id=id_key, text=text_key, title=title_key) if records else None
    try:
        with open_library(settings=settings, create=True) as library:
            added = add_documents(library, paths, progress=Bars(), records=keys, tags=tags or (), untag=untag or ())
            report = dataclasses.asdict(added)
    except KeyboardInterrupt:
        tell("Stopped. The same command goes on from here.")
        raise typer.Exit(INTERRUPTED) from None
    for row in report["failed"]:
        tell("not added: {path}: {reason}", **row)
    for row in report["skipped"]:
        tell("left out: {path}: {reason}", **row)
    if as_json:
        print_json(report)
    else:
        say(ADDED, **report, failures=len(report["failed"]))


def remove(sources: list[str], as_json: Json = False, collection: Collection = None, home: Home = None) -> None:
    """Take sources out of the library.

    They are named by path or document id; the files themselves stay.
    """
    from ondol.assemble import open_library
    from ondol.ingest.add import remove_documents

    with open_library(settings=settings_of(collection=collection, home=home)) as library:
        report = dataclasses.asdict(remove_documents(library, sources))
    if as_json:
        print_json(report)
    else:
        say("{removed} removed.", **report)
