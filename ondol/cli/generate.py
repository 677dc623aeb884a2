"""`ondol generate`: what a model writes to one prompt, streamed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from ondol.cli.options import (
    Adapter,
    Context,
    Device,
    Dtype,
    Home,
    Json,
    Model,
    Option,
    ShowThinking,
    model_options,
    settings_of,
)
from ondol.cli.output import INTERRUPTED, print_json, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.messages import AIMessageChunk

    from ondol.cli.written import Written


def register(app: typer.Typer) -> None:
    app.command(epilog='Example:  ondol generate "Write a haiku about ondol" --max-tokens 60')(generate)


def generate(
    prompt: str = typer.Argument(help="What the model is told; - reads it from the input."),
    model: Model = None,
    system: str = typer.Option(None, "--system", help="What the model is told about its role."),
    max_tokens: int = typer.Option(None, "--max-tokens", min=1, help="Tokens of the answer at most; default 512."),
    temperature: float = typer.Option(None, "--temperature", min=0, help="0, the default, takes the likeliest token."),
    seed: int = typer.Option(None, "--seed", help="The same seed gives the same text."),
    stop: list[str] = typer.Option([], "--stop", help="The text ends before any of these."),
    raw: bool = typer.Option(False, "--raw", help="Continue the prompt as it stands, without a chat template."),
    think: bool = typer.Option(None, "--think/--no-think", help="Ask a model that can do both to think first, or not."),
    thinking_tokens: int = typer.Option(None, "--thinking-tokens", min=0, help="Tokens of thinking at most."),
    show_thinking: ShowThinking = False,
    as_json: Json = False,
    home: Home = None,
    context: Context = None,
    device: Device = None,
    dtype: Dtype = None,
    adapter: Adapter = None,
    option: Option = None,
) -> None:
    """Let a model write, without documents."""
    from ondol.assemble import open_model
    from ondol.cli.written import Written

    prompt = sys.stdin.read() if prompt == "-" else prompt
    settings = settings_of(home=home, model=model, context=context, device=device, dtype=dtype)
    limits = {"max_tokens": max_tokens, "think": think, "thinking_tokens": thinking_tokens, "stop": stop or None}
    given = {**limits, "temperature": temperature, "seed": seed}
    values = {name: value for name, value in given.items() if value is not None}  # else those of the model hold
    with open_model(settings.model, settings=settings, **model_options(adapter, option)) as chat:  # type: ignore[attr-defined]
        if (device or dtype) and hasattr(chat, "why"):
            tell("Runs on {why}.", why=chat.why)
        written = Written(aloud=not as_json, show_thinking=show_thinking)
        written.read(_write(chat, prompt, system, raw, values))
    if as_json:
        place = {name: getattr(chat, name) for name in ("device", "dtype", "why") if hasattr(chat, name)}
        print_json({**written.to_json(), "model": chat.model, **place})
    else:
        _tell_end(written, getattr(chat, "context", 0))
    if written.cancelled:
        raise typer.Exit(INTERRUPTED)


def _tell_end(written: Written, context: int) -> None:
    """Say why the text ends early, where it does.

    Args:
        context: tokens of the window; 0 is unknown.
    """
    if written.cancelled:
        tell("(stopped)")
    if written.finish_reason != "length":
        return
    used = sum(count or 0 for count in written.usage.values())
    if 0 < context <= used + 1:  # a server may keep the last one free
        tell("(the window of {context} tokens is full; --context makes it larger)", context=context)
    else:
        tell("(cut off at {count} tokens; --max-tokens allows more)", count=written.usage["completion_tokens"])


def _write(chat: Any, prompt: str, system: str | None, raw: bool, values: dict[str, Any]) -> Iterator[AIMessageChunk]:
    from langchain_core.messages import HumanMessage, SystemMessage

    from ondol.errors import UsageError
    from ondol.lang import nfc

    if raw and system:
        raise UsageError("--raw takes no --system.", hint="Put the text into the prompt, or leave out --raw.")
    if raw or (chat.is_base and not system):
        if not raw:
            tell("{model} is a base model: it continues the prompt.", model=chat.model)
        return chat.stream_completion(nfc(prompt), **values)  # type: ignore[no-any-return]
    messages = [*([SystemMessage(nfc(system))] if system else []), HumanMessage(nfc(prompt))]
    return chat.stream_messages(messages, **values)  # type: ignore[no-any-return]
