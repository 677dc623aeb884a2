"""What a person types in a conversation: one line, or several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

FENCE = '"""'
"""Alone on a line, begins and ends a message of several lines where nobody sits at the keyboard."""


def read_blocks(lines: Iterable[str]) -> Iterator[str]:
    """Messages from a pipe: a line each, or the lines between two fences; a fence left open ends with the input."""
    block: list[str] | None = None
    for line in lines:
        text = line.rstrip("\n")
        if text.strip() == FENCE:
            yield from _whole(block)
            block = [] if block is None else None
        elif block is not None:
            block.append(text)
        elif text.strip():
            yield text.strip()
    yield from _whole(block)


def _whole(block: list[str] | None) -> Iterator[str]:
    """What stood between fences is a message, also when it looks like a command."""
    text = "\n".join(block or [])
    if text.strip():
        yield f" {text}" if text.startswith("/") else text


def prompt_lines(earlier: Callable[[], list[str]]) -> Iterator[str]:
    """Messages from a terminal: Enter sends, Alt+Enter begins a new line, arrows bring earlier questions back.

    Ctrl-C empties the line, Ctrl-D ends. Nothing typed is written to a file of its own.
    """
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.history import InMemoryHistory

    from ondol.cli.chat_commands import COMMANDS

    words = WordCompleter([f"/{name}" for name in COMMANDS], sentence=True)
    session: PromptSession[str] = PromptSession(
        history=InMemoryHistory(earlier()), completer=words, complete_while_typing=False, key_bindings=_keys(),
        prompt_continuation="  ", multiline=True,
    )  # fmt: skip
    while True:
        try:
            text = session.prompt("❯ ").rstrip()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        if text.strip():
            yield text


def _keys() -> KeyBindings:
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    @keys.add("enter")
    @keys.add("c-j")  # an Enter typed while an answer is still being written arrives as one
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys
