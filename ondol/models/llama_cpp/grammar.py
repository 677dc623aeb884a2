"""What an answer must look like, as llguidance reads it: text, thinking, calls of tools, JSON.

A mark that is a control token cannot be written as text; it stands as `<[its number]>`.
Source: github.com/guidance-ai/llguidance/blob/main/docs/syntax.md
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ondol.models.json_bounds import bound_schema
from ondol.models.thinking import HARMONY, Tags
from ondol.models.tool_prompt import Row
from ondol.models.tool_text import CHANNEL, CONSTRAIN, HERMES, HERMES_END, MARKS, MISTRAL, PYTHON

HEAD = "%llguidance {}\n"
MOST_CALLS = 8
"""In one answer; a weak model would repeat its call until the tokens are used up."""
NOTHING = {"type": "object", "properties": {}}
"""Arguments of a tool that takes none."""
NONE = '""'
"""An answer without a word is one too."""
ANY = r"(.|\n)"
_PIECES = re.compile(r"(<\|\w+\|>|</?\w+>|\[/?[A-Z_]+\])")
_START = re.compile(r"^start\b", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the grammar must allow."""

    tools: Sequence[Row] = ()
    forced: str | None = None
    """None: text or calls; empty: some call; a name: one call of this tool."""
    schema: dict[str, Any] | None = None
    """The answer, where it is no call."""
    form: str = HERMES
    """The mark that begins a call."""
    named_form: bool = False
    """Mistral since 2025: the name stands outside the JSON."""
    max_tokens: int

    @property
    def is_free(self) -> bool:
        """Text is allowed too."""
        return self.schema is None and self.forced is None


Mark = Callable[[str], str]
"""A text with marks in it → what stands for it in a grammar."""


def write_grammar(wanted: Wanted, token: Callable[[str], int | None], *, tags: Tags | None, opened: bool) -> str:
    """The grammar, or "" where everything is allowed.

    Args:
        token: the number of a text that is a control token, None for others.
        tags: how the model thinks before it answers, when it may.
        opened: the prompt ends inside the thinking.
    """
    if wanted.is_free and (not wanted.tools or wanted.form == CHANNEL):
        return ""  # gpt-oss chooses its channels by itself

    def mark(text: str) -> str:
        pieces = [piece for piece in _PIECES.split(text) if piece]
        numbers = [token(piece) for piece in pieces]
        return " ".join(json.dumps(p) if n is None else f"<[{n}]>" for p, n in zip(pieces, numbers, strict=True))

    choices, rules = [], []
    if wanted.tools:
        rules += _write_calls(wanted, mark)
        choices.append("calls")
    if wanted.schema is not None and wanted.forced is None:
        rules.append(f"json: %json {_dump(wanted.schema, wanted.max_tokens)}")
        choices.append(f"{mark(HARMONY.passed_over[1])} json" if tags == HARMONY else "json")
    if wanted.is_free:
        free, more = _write_free(wanted, mark, tags)
        choices, rules = choices + free, rules + more
    start, more = _write_start(mark, tags, opened)
    return HEAD + "\n".join([f"start: {start}", f"answer: {' | '.join(choices)}", *rules, *more]) + "\n"


def with_sentinel(grammar: str, sentinel: str) -> str:
    """The same llguidance grammar behind a word that no model would begin with, to see whether it is obeyed."""
    return _START.sub(f"start: {json.dumps(sentinel)} begin\nbegin", grammar, count=1)


def json_grammar(schema: Any) -> str:
    return f"{HEAD}start: %json {json.dumps(schema)}\n"


def _write_start(mark: Mark, tags: Tags | None, opened: bool) -> tuple[str, list[str]]:
    """The start symbol, with thinking in front of the answer."""
    if tags is None:
        return "answer", []
    close = mark(tags.close)
    if "<[" in close:
        rules, thought = [f"THOUGHT: /{ANY}+/"], f"THOUGHT {close}"
    else:
        rules, thought = [f"thought[lazy]: /{ANY}*{_pattern(tags.close)}/"], "thought"
    if tags == HARMONY:
        gap = mark(tags.passed_over[0])
    else:
        gap, rules = "gap", [*rules, rf"gap: /[ \n]{{1,4}}/ | {NONE}"]
    return f"{'' if opened else f'answer | {mark(tags.open)} '}{thought} {gap} answer", rules


def _write_calls(wanted: Wanted, mark: Mark) -> list[str]:
    first = mark(wanted.form)

    def repeat(rule: str) -> str:
        return "" if wanted.forced else f" ({rule}){{0,{MOST_CALLS - 1}}}"

    end = f'"\\n{HERMES_END}"'
    if wanted.form == HERMES:
        rest = f'"\\n" call {end}' + repeat(f'"\\n" {first} "\\n" call {end}')
    elif wanted.form == MISTRAL and wanted.named_form:
        rest = "call" + repeat(f"{first} call")
    elif wanted.form == MISTRAL:
        rest = '"[" call' + repeat('", " call') + ' "]"'
    elif wanted.form == CHANNEL:
        rest = "call"  # one answer of gpt-oss ends with its call
    else:
        first, rest = "", "call" + repeat('"; " call')
    functions = [tool["function"] for tool in wanted.tools]
    calls = [_write_call(row["name"], number, wanted, mark) for number, row in enumerate(functions)]
    schemas = [row.get("parameters") or NOTHING for row in functions]
    arguments = [f"args_{number}: %json {_dump(row, wanted.max_tokens)}" for number, row in enumerate(schemas)]
    return [f"calls: {first} rest", f"rest: {rest}", f"call: {' | '.join(calls)}", *arguments]


def _write_call(name: str, number: int, wanted: Wanted, mark: Mark) -> str:
    if wanted.form == CHANNEL:
        return f"{json.dumps(name + ' ')} {mark(f'{CONSTRAIN}json<|message|>')} args_{number}"
    if wanted.named_form:
        return f"{json.dumps(name)} {mark('[ARGS]')} args_{number}"
    key = "parameters" if wanted.form == PYTHON else "arguments"
    begin = f'{{"name": {json.dumps(name, ensure_ascii=False)}, "{key}": '
    return f'{json.dumps(begin)} args_{number} "}}"'


def _write_free(wanted: Wanted, mark: Mark, tags: Tags | None) -> tuple[list[str], list[str]]:
    """Text, with calls behind it or not; what begins like a call or a thought is no text."""
    begins = [r"[{\[`]+\s*\"(name|type|function)\"", *([_pattern(tags.open)] if tags else [])]
    not_begun = f"& ~/\\s*({'|'.join(begins)}){ANY}*/"
    rules = [f"TEXT: /{ANY}+/ & ~/{ANY}*({'|'.join(map(_pattern, MARKS))}){ANY}*/ {not_begun}"]
    if wanted.form == PYTHON:
        return ["TEXT", NONE], rules  # Llama 3 writes its calls bare, and nothing else beside them
    first = mark(wanted.form)
    if "<[" in first:
        return ["TEXT", NONE, f"TEXT {first} rest"], rules
    rules += [f"BEFORE: /{ANY}*{_pattern(wanted.form)}/ {not_begun}", "before[lazy]: BEFORE"]
    return ["TEXT", NONE, "before rest"], rules


def _dump(schema: dict[str, Any], max_tokens: int) -> str:
    return json.dumps(bound_schema(schema, max_tokens), ensure_ascii=False)


def _pattern(text: str) -> str:
    return re.escape(text).replace("\\ ", " ").replace("/", r"\/")
