"""The steps of an agent on the screen, and its question to the person."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, cast

from ondol.cli.output import tell
from ondol.lang import translate

if TYPE_CHECKING:
    from ondol.agents.agent import Agent, Step
    from ondol.agents.approval import Proposal
    from ondol.agents.transcript import Transcript

SHORT = 160
"""Characters of a result or of arguments in the list of steps."""


def show_steps(agent: Agent, question: str, *, aloud: bool, show_thinking: bool) -> Transcript:
    """Run the agent; `aloud` prints its steps to stderr and its answer to stdout."""
    from ondol.agents.agent import run_agent

    for step in run_agent(agent, question):
        if aloud:
            show_step(step, show_thinking=show_thinking)
    return cast("Transcript", step)


def show_step(step: Step, *, show_thinking: bool) -> None:
    from ondol.agents.agent import Called
    from ondol.agents.transcript import ToolStep
    from ondol.answer.answer import Thought

    match step:
        case Thought(text):
            if show_thinking:
                print(harmless(text), file=sys.stderr)
        case Called(tool, arguments):
            print(f"→ {harmless(tool)}({shorten(write_arguments(arguments))})", file=sys.stderr)
        case ToolStep():
            sign = "=" if step.status == "success" else "✗"
            print(f"  {sign} {shorten(' '.join(step.result.split()))} ({step.seconds:.1f} s)", file=sys.stderr)
        case _:
            print_answer(step)


def print_answer(transcript: Transcript) -> None:
    from ondol.answer.answer import place

    print(harmless(transcript.answer))
    if transcript.dropped_marks:
        tell("  (left out, as the passages do not say it: {marks})",
             marks=" ".join(f"[{mark}]" for mark in transcript.dropped_marks))  # fmt: skip
    for citation in transcript.citations:
        print(f"  [{citation.mark}] {harmless(place(citation))}")
        print(f"      “{harmless(' '.join(citation.quote.split()))}”")


def ask_person(proposal: Proposal) -> bool:
    """Whether the person allows a call, which is shown to them whole; no where there is nobody to ask."""
    tell("The model wants to run {tool} ({effect}):", tool=harmless(proposal.tool), effect=translate(proposal.effect))
    for name, value in proposal.arguments.items():
        print(f"    {harmless(str(name))} = {harmless(write_value(value))}", file=sys.stderr)
    if proposal.untrusted:
        tell("  It has read text of others before: {tools}. Such text can make it do what you do not want.",
             tools=", ".join(map(harmless, proposal.untrusted)))  # fmt: skip
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        tell("  Not allowed: there is nobody to ask.")
        return False
    print(translate("  Allow it? [y/N] "), end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes", "예", "네", "ㅇ")


def write_arguments(arguments: dict[str, Any]) -> str:
    return ", ".join(f"{name}={write_value(value)}" for name, value in arguments.items())


def write_value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def shorten(text: str) -> str:
    text = harmless(text)
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"


def harmless(text: str) -> str:
    """Text of a model or a tool without what steers a terminal: escapes, marks of direction, invisible characters."""
    shown = (char if char.isprintable() or char in "\n\t" else " " if char.isspace() else "�" for char in text)
    return "".join(shown)
