"""What can be said to `ondol chat` besides questions: lines that begin with /."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ondol.cli.output import say, tell, write_new
from ondol.cli.threads import print_threads
from ondol.errors import NotFound, UsageError
from ondol.lang import nfc, translate
from ondol.registry import nearest

if TYPE_CHECKING:
    from ondol.cli.chat_session import ChatSession


@dataclass(frozen=True, slots=True)
class Command:
    run: Callable[[ChatSession, str], None]
    takes: str
    about: str


def run_command(session: ChatSession, line: str) -> bool:
    """Do what `line` says; False when it ends the conversation.

    Raises:
        NotFound: no command has that name; the nearest one is told.
    """
    name, _, rest = line[1:].strip().partition(" ")
    if name == "quit":
        return False
    if name not in COMMANDS:
        close = nearest(name, list(COMMANDS))
        hint = "Did you mean /{close}? All of them: /help" if close else "All of them: /help"
        raise NotFound("There is no command /{name}.", hint=hint, name=name, close=close)
    COMMANDS[name].run(session, nfc(rest).strip())
    return True


def _help(session: ChatSession, rest: str) -> None:  # noqa: ARG001
    for name, command in COMMANDS.items():
        usage = f"/{name} {translate(command.takes)}".rstrip() if command.takes else f"/{name}"
        say("  {usage:<26} {about}", usage=usage, about=translate(command.about))


def _new(session: ChatSession, rest: str) -> None:
    session.begin(rest)
    tell("A new conversation: {name}", name=rest or "…")


def _open(session: ChatSession, rest: str) -> None:
    session.go_to(_needed(rest, "/open NAME"))
    session.greet()


def _threads(session: ChatSession, rest: str) -> None:  # noqa: ARG001
    print_threads(session.store.list())


def _name(session: ChatSession, rest: str) -> None:
    session.conversation.change(name=_needed(rest, "/name NAME"))


def _docs(session: ChatSession, rest: str) -> None:
    session.use_docs(rest != "off", "" if rest in ("on", "off") else rest)
    session.greet()


def _model(session: ChatSession, rest: str) -> None:
    if rest:
        session.use_model(rest)
    session.greet()


def _think(session: ChatSession, rest: str) -> None:
    if rest not in ("on", "off"):
        raise UsageError("/think is on or off.", hint="Write: /think on")
    session.show_thinking = rest == "on"


def _sources(session: ChatSession, rest: str) -> None:  # noqa: ARG001
    from ondol.answer.answer import place

    answer = session.last_answer
    if answer is None or not answer.citations:
        raise UsageError("The last answer names no sources.", hint="Ask with the documents: /docs on")
    for citation in answer.citations:
        print(f"  [{citation.mark}] {place(citation)}\n      “{' '.join(citation.quote.split())}”")


def _retry(session: ChatSession, rest: str) -> None:  # noqa: ARG001
    session.retry()


def _undo(session: ChatSession, rest: str) -> None:  # noqa: ARG001
    tell("Taken back: {question}", question=session.conversation.undo())


def _export(session: ChatSession, rest: str) -> None:
    from ondol.chat.export import thread_json, thread_markdown

    path = Path(shlex.split(_needed(rest, "/export FILE.md"))[0]).expanduser()
    thread, messages = session.thread, session.conversation.messages
    if path.suffix == ".json":
        write_new(path, json.dumps(thread_json(thread, messages), ensure_ascii=False, indent=2) + "\n")
    else:
        write_new(path, thread_markdown(thread, messages))
    tell("Written: {path}", path=path)


def _needed(rest: str, usage: str) -> str:
    if not rest:
        raise UsageError("Something is missing behind the command.", hint="Write: {usage}", usage=usage)
    return rest


COMMANDS = {
    "help": Command(_help, "", "these lines"),
    "new": Command(_new, "[NAME]", "begin another conversation"),
    "open": Command(_open, "NAME", "continue another one"),
    "threads": Command(_threads, "", "show all of them"),
    "name": Command(_name, "NAME", "rename this one"),
    "docs": Command(_docs, "on|off|COLLECTION", "answer from the documents, or without"),
    "model": Command(_model, "[SPEC]", "take another model"),
    "think": Command(_think, "on|off", "show what a reasoning model thinks"),
    "sources": Command(_sources, "", "show the whole sentences behind the last answer"),
    "retry": Command(_retry, "", "answer the last question again"),
    "undo": Command(_undo, "", "take the last question back"),
    "export": Command(_export, "FILE.md|FILE.json", "write the conversation to a file"),
    "quit": Command(lambda session, rest: None, "", "end; the conversation is kept"),  # noqa: ARG005
}
