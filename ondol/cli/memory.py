"""`ondol memory …`: what conversations remember about the person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from ondol.cli.options import Home, Json, settings_of
from ondol.cli.output import print_json, say, tell
from ondol.errors import UsageError

if TYPE_CHECKING:
    from ondol.chat.facts import Fact
    from ondol.chat.threads import ThreadStore

memory = typer.Typer(
    help="What conversations remember about you.", no_args_is_help=True, rich_markup_mode=None,
    epilog='Example:  ondol memory add "I am allergic to peanuts" --global  ·  ondol memory forget 3',
)  # fmt: skip
OfThread = Annotated[str, typer.Option("--thread", "-t", help="The conversation.")]
Global = Annotated[bool, typer.Option("--global", help="All conversations, also those to come.")]


def register(app: typer.Typer) -> None:
    app.add_typer(memory, name="memory")


@memory.command("list")
def list_(thread: OfThread = "", everywhere: Global = False, as_json: Json = False, home: Home = None) -> None:
    """Show what is remembered: everything, or what one conversation knows."""
    from ondol.chat.threads import ThreadStore

    with ThreadStore(settings_of(home=home).home) as store:
        wanted = [store.find(thread).id] if thread else []
        facts = store.facts.list(*wanted, *([""] if everywhere or thread else []))
        _show(store, facts, as_json)


@memory.command()
def add(text: str, thread: OfThread = "", everywhere: Global = False, as_json: Json = False, home: Home = None) -> None:
    """Have something remembered by one conversation, or by all."""
    from ondol.chat.threads import ThreadStore

    if bool(thread) == everywhere:
        raise UsageError("Which conversation is to remember it?", hint="Add --thread NAME or --global.")
    with ThreadStore(settings_of(home=home).home) as store:
        where = "" if everywhere else store.find(thread).id
        _show(store, [store.facts.add(text, thread=where)], as_json)


@memory.command()
def edit(number: int, text: str, as_json: Json = False, home: Home = None) -> None:
    """Put another text in the place of a fact."""
    from ondol.chat.threads import ThreadStore

    with ThreadStore(settings_of(home=home).home) as store:
        _show(store, [store.facts.edit(number, text)], as_json)


@memory.command()
def forget(numbers: list[int], as_json: Json = False, home: Home = None) -> None:
    """Forget facts for good: what was said about them in the conversation is replaced by … too."""
    from ondol.chat.forgetting import forget_facts
    from ondol.chat.threads import ThreadStore

    with ThreadStore(settings_of(home=home).home) as store:
        facts = store.facts.find(numbers)
        changed = forget_facts(store, facts)
        rows = fact_rows(store, facts)
    if as_json:
        print_json({"forgotten": rows, "messages": changed})
    else:
        say("{count} forgotten; {messages} messages were changed.", count=len(rows), messages=changed)


def fact_rows(store: ThreadStore, facts: Sequence[Fact]) -> list[dict[str, object]]:
    """`thread` is the conversation's name, null for a fact that all of them know."""
    names = {thread.id: thread.name for thread in store.list()}
    return [
        {
            "id": fact.id, "thread": names.get(fact.thread), "global": not fact.thread, "text": fact.text,
            "origin": fact.origin, "created": fact.created,
        }
        for fact in facts
    ]  # fmt: skip


def print_facts(store: ThreadStore, facts: Sequence[Fact]) -> None:
    """One line each: number, text, conversation."""
    if not facts:
        tell("Nothing is remembered.")
    for row in fact_rows(store, facts):
        if row["global"]:
            say("{id:>3}  {text}  (all conversations)", **row)
        else:
            print(f"{row['id']:>3}  {row['text']}  ({row['thread']})")


def _show(store: ThreadStore, facts: Sequence[Fact], as_json: bool) -> None:
    if as_json:
        print_json({"facts": fact_rows(store, facts)})
    else:
        print_facts(store, facts)
