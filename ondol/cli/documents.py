"""`ondol remove` and `sync`: what is in the library."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import typer

from ondol.cli.add_report import print_report, until_interrupted
from ondol.cli.options import Collection, Embeddings, Home, Json, Store, settings_of
from ondol.cli.output import print_json, say, tell
from ondol.errors import OndolError
from ondol.ingest.report import AddReport


def register(app: typer.Typer) -> None:
    app.command()(remove)
    app.command(epilog="Example:  ondol sync notes --exclude 'drafts/' --watch")(sync)


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
    with until_interrupted(), open_library(settings=settings, create=True) as library:
        run = partial(
            sync_folder, library, folder, progress=Bars(), delete_many=delete_many, exclude=exclude or (),
            read_ignore_files=not no_ignore,
        )  # fmt: skip
        if watch:
            _watch(Path(folder), run, as_json=as_json)
        else:
            print_report(dataclasses.asdict(run()), as_json=as_json)


def _watch(folder: Path, run: Callable[[], AddReport], *, as_json: bool) -> None:
    from ondol.ingest.watch import watch_folder

    tell("Watching {folder}; Ctrl-C ends it.", folder=folder)
    for result in watch_folder(folder, run):
        if isinstance(result, OndolError):
            print(result, file=sys.stderr)
        else:
            print_report(dataclasses.asdict(result), as_json=as_json)
