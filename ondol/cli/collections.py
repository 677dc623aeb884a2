"""`ondol collections`: list, create, rename, delete, restore, export and import whole collections."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import typer

from ondol.cli.columns import pad, width_of
from ondol.cli.options import Embeddings, Home, Json, Store, settings_of
from ondol.cli.output import print_json, say, size_text, tell
from ondol.errors import UsageError

group = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Whole collections of documents.")


def register(app: typer.Typer) -> None:
    group.command("list")(list_)
    group.command()(create)
    group.command()(rename)
    group.command()(delete)
    group.command()(restore)
    group.command()(export)
    group.command("import")(import_)
    app.add_typer(group, name="collections")


def list_(as_json: Json = False, home: Home = None) -> None:
    """Show every collection, and those that can be restored."""
    from ondol.library.collections import describe_collections

    rows = [dataclasses.asdict(row) for row in describe_collections(settings_of(home=home).home)]
    if as_json:
        print_json({"collections": rows})
        return
    wide = max((width_of(row["name"]) for row in rows), default=0)
    for row in rows:
        size = size_text(row["bytes"])
        line = "{name}  sources {sources} · chunks {chunks} · {size} ({embeddings}, {store})"
        say(line, **{**row, "name": pad(row["name"], wide), "size": size})
        if row["restorable_until"]:
            say("  deleted; until {until} at least: ondol collections restore", until=row["restorable_until"])


def create(
    name: str, as_json: Json = False, home: Home = None, embeddings: Embeddings = None, store: Store = None
) -> None:
    """Make an empty collection."""
    from ondol.assemble import open_library
    from ondol.library.folders import collection_folder, has_library

    settings = settings_of(collection=name, home=home, embeddings=embeddings, store=store)
    if has_library(collection_folder(settings.home, name), create=False):
        raise UsageError("There is a collection '{name}' already.", hint="Choose another name.", name=name)
    with open_library(settings=settings, create=True) as library:
        state = library.state()
    if as_json:
        print_json(state)
    else:
        say("'{name}' is there now: ondol add PATH --collection {name}", name=name)


def rename(old: str, new: str, as_json: Json = False, home: Home = None) -> None:
    """Give a collection another name."""
    from ondol.library.collections import rename_collection

    rename_collection(settings_of(home=home).home, old, new)
    if as_json:
        print_json({"from": old, "collection": new})
    else:
        say("'{old}' is called '{new}' now.", old=old, new=new)


def delete(
    name: str,
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask."),
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Throw a collection away; for a day it can be restored."""
    from ondol.library.collections import delete_collection, existing_folder

    existing_folder(settings_of(home=home).home, name)
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("Deleting a collection is not asked about here.", hint="Add --yes if it is meant.")
        if not typer.confirm(name, err=True):
            raise typer.Exit(1)
    until = delete_collection(settings_of(home=home).home, name)
    if as_json:
        print_json({"collection": name, "restorable_until": until})
    else:
        say("'{name}' was deleted. Until {until} at least it comes back with: ondol collections restore {name}",
            name=name, until=until)  # fmt: skip


def restore(name: str, as_json: Json = False, home: Home = None) -> None:
    """Take back the collection that was deleted last under this name."""
    from ondol.library.collections import restore_collection

    restore_collection(settings_of(home=home).home, name)
    if as_json:
        print_json({"collection": name})
    else:
        say("'{name}' is back.", name=name)


def export(
    name: str,
    file: Path,
    force: bool = typer.Option(False, "--force", help="Replace the file."),
    without_paths: bool = typer.Option(False, "--without-paths", help="Leave out where the files stand here."),
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Write a collection to one file, also while it is in use: a backup, or for another machine."""
    from ondol.library.exporting import export_collection

    size = export_collection(settings_of(home=home).home, name, file, force=force, with_paths=not without_paths)
    if as_json:
        print_json({"collection": name, "path": str(file), "bytes": size})
    else:
        say("{path}: {size}", path=file, size=size_text(size))


def import_(
    file: Path,
    name: str | None = typer.Option(None, "--as", metavar="NAME", help="Another name than it had."),
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Make a collection from an exported file."""
    from ondol.library.exporting import import_collection

    chosen = import_collection(settings_of(home=home).home, file, name)
    tell("See whether all is well: ondol verify --collection {name}", name=chosen)
    if as_json:
        print_json({"collection": chosen})
    else:
        say("'{name}' is there now.", name=chosen)
