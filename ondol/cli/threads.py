"""`ondol threads …`: the conversations that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ondol.cli.options import Home, Json, settings_of
from ondol.cli.output import print_json, say, tell, write_new

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from ondol.chat.thread import Thread

threads = typer.Typer(help="Conversations on this machine.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    app.add_typer(threads, name="threads")


@threads.command("list")
def list_(as_json: Json = False, home: Home = None) -> None:
    """Show all conversations, the latest first."""
    from ondol.chat.threads import ThreadStore

    with ThreadStore(settings_of(home=home).home) as store:
        rows = store.list()
    if as_json:
        print_json({"threads": [row.to_json() for row in rows]})
    else:
        print_threads(rows)


@threads.command()
def show(name: str, as_json: Json = False, home: Home = None) -> None:
    """Show a conversation with the sources of its answers."""
    from ondol.chat.export import thread_json, thread_markdown

    thread, messages = _read(name, settings_of(home=home).home)
    if as_json:
        print_json(thread_json(thread, messages))
    else:
        print(thread_markdown(thread, messages), end="")


@threads.command()
def export(
    name: str,
    out: Path = typer.Option(None, "--out", help="File to write, .md or .json; never one that is there already."),
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Write a conversation as Markdown or JSON."""
    import json

    from ondol.chat.export import thread_json, thread_markdown

    thread, messages = _read(name, settings_of(home=home).home)
    data = as_json or (out is not None and out.suffix == ".json")
    text = (
        json.dumps(thread_json(thread, messages), ensure_ascii=False, indent=2) + "\n"
        if data
        else thread_markdown(thread, messages)
    )
    if out is None:
        print(text, end="")
    else:
        write_new(out, text)
        tell("Written: {path}", path=out)


@threads.command()
def rename(name: str, new_name: str, as_json: Json = False, home: Home = None) -> None:
    """Give a conversation another name."""
    from ondol.chat.threads import ThreadStore

    with ThreadStore(settings_of(home=home).home) as store:
        thread = store.find(name)
        with store.hold(thread):
            changed = store.update(thread, name=new_name)
    _tell([changed], as_json)


@threads.command()
def rm(names: list[str], as_json: Json = False, home: Home = None) -> None:
    """Remove conversations for good; the name must be whole."""
    from ondol.chat.threads import ThreadStore

    with ThreadStore(settings_of(home=home).home) as store:
        gone = [store.find(name, whole=True) for name in dict.fromkeys(names)]
        store.remove(*gone)
    _tell(gone, as_json)


def print_threads(rows: Sequence[Thread]) -> None:
    """One line each: when, how many turns, name."""
    if not rows:
        tell("There is no conversation yet.\n  → Begin one: ondol chat")
    for row in rows:
        when = datetime.fromtimestamp(row.updated).strftime("%Y-%m-%d %H:%M")  # in the reader's own time
        say("{when}  {turns:>3} turns  {name}", when=when, turns=row.turns, name=row.name)


def _tell(rows: Sequence[Thread], as_json: bool) -> None:
    if as_json:
        print_json({"threads": [row.to_json() for row in rows]})
    else:
        print_threads(rows)


def _read(name: str, home: Path) -> tuple[Thread, list[BaseMessage]]:
    from ondol.chat.threads import ThreadStore

    with ThreadStore(home) as store:
        thread = store.find(name)
        return thread, store.messages(thread)
