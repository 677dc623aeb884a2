"""`ondol add`, `sync` and `remove`: what is in the library."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import typer

from ondol.cli.options import Collection, Embeddings, Home, Json, Store, settings_of
from ondol.cli.output import INTERRUPTED, print_json, say, tell
from ondol.errors import OndolError
from ondol.ingest.report import AddReport

ALIKE_SHOWN = 5
ADDED = (
    "{added} added, {updated} updated, {unchanged} unchanged, {failures} failed · chunks: {chunks} · {seconds:.1f} s"
)


def register(app: typer.Typer) -> None:
    app.command(epilog="Examples:  ondol add notes.md reports/  ·  ondol add rows.jsonl --records --id id --text text")(
        add
    )
    app.command()(remove)
    app.command(epilog="Example:  ondol sync notes --exclude 'drafts/' --watch")(sync)


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
    _print_report(report, as_json=as_json)


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


def sync(
    folder: str = typer.Argument(help="Folder that the library is kept in step with."),
    exclude: list[str] | None = typer.Option(
        None, "--exclude", metavar="PATTERN", help="Leave out, as in .gitignore; repeatable."
    ),
    no_ignore: bool = typer.Option(False, "--no-ignore", help="Do not read .gitignore and .ondolignore files."),
    delete_many: bool = typer.Option(False, "--delete-many", help="Also when more than half of it would be removed."),
    watch: bool = typer.Option(False, "--watch", help="Go on, after every change in the folder."),
    as_json: Json = False,
    collection: Collection = None,
    home: Home = None,
    embeddings: Embeddings = None,
    store: Store = None,
) -> None:
    """Keep the library in step with a folder.

    New and changed files are read, moved ones keep their vectors, and what is gone from the folder goes from the
    library. The files themselves are never touched.
    """
    from ondol.assemble import open_library
    from ondol.cli.bars import Bars
    from ondol.ingest.sync import sync_folder

    settings = settings_of(collection=collection, home=home, embeddings=embeddings, store=store)
    try:
        with open_library(settings=settings, create=True) as library:
            run = partial(
                sync_folder, library, folder, progress=Bars(), delete_many=delete_many, exclude=exclude or (),
                read_ignore_files=not no_ignore,
            )  # fmt: skip
            if watch:
                _watch(Path(folder), run, as_json=as_json)
            else:
                _print_report(dataclasses.asdict(run()), as_json=as_json)
    except KeyboardInterrupt:
        tell("Stopped. The same command goes on from here.")
        raise typer.Exit(INTERRUPTED) from None


def _watch(folder: Path, run: Callable[[], AddReport], *, as_json: bool) -> None:
    from ondol.ingest.watch import watch_folder

    tell("Watching {folder}; Ctrl-C ends it.", folder=folder)
    for result in watch_folder(folder, run):
        if isinstance(result, OndolError):
            print(result, file=sys.stderr)
        else:
            _print_report(dataclasses.asdict(result), as_json=as_json)


def _print_report(report: dict[str, Any], *, as_json: bool) -> None:
    for row in report["failed"]:
        tell("not added: {path}: {reason}", **row)
    for row in report["skipped"]:
        tell("left out: {path}: {reason}", **row)
    for row in report["hidden"]:
        tell("hidden text left out: {path}: {reason}", **row)
    for row in report["alike"][:ALIKE_SHOWN]:
        tell("nearly the same: {path} and {other} ({likeness:.0%})", **row)
    if len(report["alike"]) > ALIKE_SHOWN:
        tell("{count} more; all of them: ondol list --alike", count=len(report["alike"]) - ALIKE_SHOWN)
    if as_json:
        print_json(report)
        return
    say(ADDED, **report, failures=len(report["failed"]))
    if report["moved"] or report["removed"]:
        say("{moved} moved, {removed} removed", **report)
