"""`ondol chat`: a conversation that stays, with the documents or without."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from ondol.cli.options import (
    Adapter,
    Collection,
    Context,
    Count,
    Device,
    Dtype,
    Embeddings,
    Home,
    Json,
    Mode,
    Model,
    Option,
    ShowThinking,
    model_options,
    settings_of,
)
from ondol.cli.output import print_json, tell
from ondol.cli.retrieving import NoReader, ReadWith, config_of, reader_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ondol.cli.chat_session import ChatSession


def register(app: typer.Typer) -> None:
    app.command(epilog='Example:  ondol chat  ·  ondol chat --thread holiday "그럼 이사할 때는요?"')(chat)


def chat(
    message: str = typer.Argument(None, help="Say just this, as it stands, and end; without it ondol asks."),
    thread: str = typer.Option("", "--thread", "-t", help="Conversation to continue, or name of a new one."),
    last: bool = typer.Option(False, "--last", help="Continue the latest conversation."),
    docs: bool = typer.Option(None, "--docs/--no-docs", help="Answer from the documents, or let the model answer."),
    system: str = typer.Option(None, "--system", help="What the model is told about its role, with --no-docs."),
    model: Model = None,
    show_thinking: ShowThinking = False,
    k: Count = 8,
    mode: Mode = "hybrid",
    reader: ReadWith = None,
    no_reader: NoReader = False,
    as_json: Json = False,
    collection: Collection = None,
    home: Home = None,
    embeddings: Embeddings = None,
    context: Context = None,
    device: Device = None,
    dtype: Dtype = None,
    adapter: Adapter = None,
    option: Option = None,
) -> None:
    """Talk with your documents, or with the model alone.

    The conversation is kept after every turn: --last or --thread NAME continues it. /help shows what can be done in
    between.
    """
    from ondol.cli.chat_session import ChatSession, Wanted

    settings = settings_of(
        collection=collection, home=home, model=model, embeddings=embeddings, context=context, device=device,
        dtype=dtype, **reader_of(reader, no_reader),
    )  # fmt: skip
    wanted = Wanted(thread=thread, last=last, docs=docs, system=system)
    options = model_options(adapter, option)
    config = config_of(k=k, mode=mode, rerank_ms=settings.rerank_ms)
    with ChatSession(settings, wanted, config, show_thinking=show_thinking, options=options) as session:
        if message is not None or as_json:
            answers = [session.say(said, aloud=not as_json) for said in _said(message)]
            if as_json:
                print_json({"thread": session.thread.name, "turns": [answer.to_json() for answer in answers]})
        else:
            _talk(session)


def _said(message: str | None) -> list[str]:
    from ondol.cli.chat_input import read_blocks
    from ondol.errors import UnusableInput

    said = list(read_blocks(sys.stdin)) if message is None else [message]
    if not said:
        raise UnusableInput("There is no message in the input.", hint='Write a line for each, or: ondol chat "…"')
    return said


def _talk(session: ChatSession) -> None:
    """Turn after turn until the input ends; a mistake ends its turn only."""
    from ondol.cli.chat_commands import is_command, run_command
    from ondol.errors import OndolError

    if sys.stdin.isatty():
        session.tell_state()
        tell("/help shows the commands, Alt+Enter begins a new line, Ctrl-D ends.")
    for said in _lines(session):
        try:
            if is_command(said):
                if not run_command(session, said):
                    return
            else:
                session.say(said, aloud=True)
        except OndolError as error:
            tell("{words}", words=error)
        except KeyboardInterrupt:
            tell("\n(interrupted; what was said is kept)")
        if sys.stdin.isatty():
            print()


def _lines(session: ChatSession) -> Iterator[str]:
    from ondol.cli.chat_input import prompt_lines, read_blocks

    if sys.stdin.isatty() and sys.stdout.isatty():
        return prompt_lines(lambda: session.earlier_questions)
    return read_blocks(sys.stdin)
