"""What can be said to `ondol chat` besides questions: lines that begin with /."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len

from ondol.cli.memory import print_facts
from ondol.cli.output import tell, write_new
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


def is_command(text: str) -> bool:
    """One line that begins with `/word`; "/etc/hosts?" is a question, and so is what begins with a space."""
    return COMMAND.fullmatch(text) is not None


def run_command(session: ChatSession, line: str) -> bool:
    """Do what `line` says; False when it ends the conversation.

    Raises:
        NotFound: no command has that name; the nearest one is told.
    """
    name, rest = [*line[1:].split(None, 1), ""][:2]
    if name == "quit":
        return False
    if name not in COMMANDS:
        close = nearest(name, list(COMMANDS))
        hint = (
            "Did you mean /{close}? All of them: /help" if close else "All of them: /help. A question begins otherwise."
        )
        raise NotFound("There is no command /{name}.", hint=hint, name=name, close=close)
    COMMANDS[name].run(session, nfc(rest).strip())
    return True


def _help(session: ChatSession, rest: str) -> None:  # noqa: ARG001
    wide = shutil.get_terminal_size().columns >= NARROW
    for name, command in COMMANDS.items():
        usage = f"/{name} {translate(command.takes)}".rstrip() if command.takes else f"/{name}"
        between = " " * max(1, 28 - cell_len(usage)) if wide else "\n      "
        print(f"  {usage}{between}{translate(command.about)}")


def _new(session: ChatSession, rest: str) -> None:
    session.begin(rest)
    session.tell_state()


def _open(session: ChatSession, rest: str) -> None:
    session.go_to(_needed(rest, "/open NAME"))
    session.tell_state()


def _threads(session: ChatSession, rest: str) -> None:  # noqa: ARG001
    print_threads(session.store.list())


def _name(session: ChatSession, rest: str) -> None:
    session.rename(_needed(rest, "/name NAME"))
    session.tell_state()


def _docs(session: ChatSession, rest: str) -> None:
    rest = _needed(rest, "/docs on")
    session.use_docs(rest != "off", "" if rest in ("on", "off") else rest)
    session.tell_state()


def _model(session: ChatSession, rest: str) -> None:
    if rest:
        session.use_model(rest)
    session.tell_state()


def _think(session: ChatSession, rest: str) -> None:
    if rest not in ("on", "off"):
        raise UsageError("/think is on or off.", hint="Write: /think on")
    session.show_thinking = rest == "on"


def _sources(session: ChatSession, rest: str) -> None:  # noqa: ARG001
    from ondol.answer.answer import Citation, place

    told = session.conversation.messages[-1:]
    rows = told[0].response_metadata.get("answer", {}).get("citations", []) if told else []
    if not rows:
        raise UsageError("The last answer names no sources.", hint="Ask with the documents: /docs on")
    for citation in (Citation(**row) for row in rows):
        print(f"  [{citation.mark}] {place(citation)}\n      “{' '.join(citation.quote.split())}”")


def _mark(session: ChatSession, mark: str, right: str) -> None:
    from ondol.evaluate.feedback import mark_answer

    answer = session.last_answer
    mark_answer(session.settings.home, answer, mark, right=right)
    tell("Kept: {mark} · {question}", mark=mark, question=answer["question"])


def _memory(session: ChatSession, rest: str) -> None:  # noqa: ARG001
    print_facts(session.store, session.conversation.facts)


def _remember(session: ChatSession, rest: str) -> None:
    print_facts(session.store, [session.conversation.remember(_needed(rest, "/remember TEXT"))])


def _forget(session: ChatSession, rest: str) -> None:
    number = _needed(rest, "/forget NUMBER")
    facts = session.store.facts.find([int(number)]) if number.isdecimal() else []
    if not facts:
        raise UsageError("'{text}' is no number of a fact.", hint="All of them: /memory", text=number)
    changed = session.conversation.forget(*facts)
    tell("{count} forgotten; {messages} messages were changed.", count=1, messages=changed)


def _retry(session: ChatSession, rest: str) -> None:  # noqa: ARG001
    session.retry()


def _undo(session: ChatSession, rest: str) -> None:  # noqa: ARG001
    tell("Taken back: {question}", question=session.conversation.undo())


def _export(session: ChatSession, rest: str) -> None:
    from ondol.chat.export import thread_json, thread_markdown

    name = _needed(rest.strip("\"' "), "/export FILE.md")
    path = Path(name.replace("~", str(Path.home()), 1) if name.startswith("~/") else name)
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


COMMAND = re.compile(r"/[a-z]+(?:\s[^\n]*)?")
NARROW = 60
"""Columns below which a command stands above what it does."""
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
    "good": Command(lambda session, rest: _mark(session, "good", rest), "", "keep the last answer as a good one"),
    "bad": Command(lambda session, rest: _mark(session, "bad", rest), "[ANSWER]", "… as a bad one, with the right one"),
    "memory": Command(_memory, "", "show what is remembered about you"),
    "remember": Command(_remember, "TEXT", "have this conversation remember something"),
    "forget": Command(_forget, "NUMBER", "forget it, and take it out of what was said"),
    "retry": Command(_retry, "", "answer the last question again"),
    "undo": Command(_undo, "", "take the last question back"),
    "export": Command(_export, "FILE.md|FILE.json", "write the conversation to a file"),
    "quit": Command(lambda session, rest: None, "", "end; the conversation is kept"),  # noqa: ARG005
}
