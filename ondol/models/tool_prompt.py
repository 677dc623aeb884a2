"""Tools, calls and their results in a prompt: what every runtime with a chat template of its own needs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from ondol.errors import UsageError
from ondol.models.tool_text import CHANNEL, HERMES, HERMES_END, MISTRAL, PYTHON

Row = dict[str, Any]
EXPLAIN_TOOLS = """\
You can call these tools, one JSON object a line:
{tools}
To call one, answer with nothing but:
<tool_call>
{{"name": "the tool's name", "arguments": {{"its": "arguments"}}}}
</tool_call>"""
"""For templates that know no tools."""


def knows_tools(template: str) -> bool:
    """True when the template prints tools, and teaches a form of calls that we read (not Qwen3-Coder's XML)."""
    return bool(re.search(r"\btools\b", template)) and "<function=" not in template


def choose_tools(tools: Iterable[Row], choice: Any) -> tuple[list[Row], str | None]:
    """The tools to offer, and the one that must be called: None when none must, empty when any.

    Raises:
        UsageError: the choice names no tool that was offered.
    """
    offered = list(tools)
    if isinstance(choice, dict):
        choice = choice.get("function", choice).get("name", choice.get("type"))
    if choice in (None, "auto", False) and choice is not False:
        return offered, None
    if choice in ("none", False):
        return [], None
    if choice in ("any", "required", True):
        named, forced = offered, ""
    else:
        named, forced = [tool for tool in offered if tool["function"]["name"] == choice], str(choice)
    if not named:
        raise UsageError(
            "tool_choice is {choice}, and no such tool is offered.", hint="Offered: {offered}.",
            choice=choice, offered=", ".join(tool["function"]["name"] for tool in offered) or "none",
        )  # fmt: skip
    return named, forced


def with_objects(row: Row) -> Row:
    """Arguments as objects, as most templates print them, and ids of nine letters, as Mistral's wants them."""
    row = with_short_ids(row)
    if row.get("tool_calls"):
        row["tool_calls"] = [
            {**call, "function": {**call["function"], "arguments": json.loads(call["function"]["arguments"] or "{}")}}
            for call in row["tool_calls"]
        ]
    return row


def with_short_ids(row: Row) -> Row:
    row = {**row, "content": row.get("content") or ""}
    if "tool_call_id" in row:
        row["tool_call_id"] = _short_id(row["tool_call_id"])
    if row.get("tool_calls"):
        row["tool_calls"] = [{**call, "id": _short_id(call["id"])} for call in row["tool_calls"]]
    return row


def with_texts(rows: list[Row]) -> list[Row]:
    """Arguments as JSON texts, for templates that join them to other texts."""

    def text(call: Row) -> Row:
        arguments = json.dumps(call["function"]["arguments"], ensure_ascii=False)
        return {**call, "function": {**call["function"], "arguments": arguments}}

    return [{**row, "tool_calls": [*map(text, row["tool_calls"])]} if row.get("tool_calls") else row for row in rows]


def without_system(rows: list[Row]) -> list[Row]:
    """The system text on top of the first human message, for templates without that role."""
    system = "\n\n".join(row["content"] for row in rows if row["role"] == "system")
    rest = [dict(row) for row in rows if row["role"] != "system"]
    first = next((row for row in rest if row["role"] == "user"), None)
    if system and first:
        first["content"] = f"{system}\n\n{first['content']}"
    elif system:
        rest.insert(0, {"role": "user", "content": system})
    return rest


def joined_turns(rows: list[Row]) -> list[Row]:
    """Neighbours of one role as one message, for templates that want human and assistant to alternate."""
    said: list[Row] = []
    for row in rows:
        same = bool(said) and said[-1]["role"] == row["role"] != "tool"
        if same and not row.get("tool_calls") and not said[-1].get("tool_calls"):
            said[-1] = {**said[-1], "content": f"{said[-1]['content']}\n\n{row['content']}"}
        else:
            said.append(row)
    return said


def split_begun(rows: list[Row]) -> tuple[list[Row], str]:
    """The messages to answer, and the text of the assistant's last ones, which the answer goes on from.

    Raises:
        UsageError: there is nothing else.
    """
    end = len(rows)
    while end and rows[end - 1]["role"] == "assistant" and not rows[end - 1].get("tool_calls"):
        end -= 1
    if not end:
        raise UsageError("There is no message to answer.", hint="Give at least one human message.")
    return rows[:end], "\n\n".join(row["content"] for row in rows[end:])


def tools_as_text(rows: list[Row], tools: list[Row]) -> list[Row]:
    """Offer, calls and results as ordinary messages; `rows` have their arguments as objects."""
    said: list[Row] = []
    results = False
    for row in rows:
        told, results = results, row["role"] == "tool"
        if results:
            row = {"role": "user", "content": f"The tool answered:\n{row['content']}"}
        elif row.get("tool_calls"):
            calls = [json.dumps(call["function"], ensure_ascii=False) for call in row["tool_calls"]]
            written = "\n".join(f"{HERMES}\n{call}\n{HERMES_END}" for call in calls)
            row = {"role": row["role"], "content": f"{row['content']}\n{written}".strip()}
        if told and row["role"] == "user":  # several results, for templates that want turns
            said[-1] = {**said[-1], "content": f"{said[-1]['content']}\n\n{row['content']}"}
        else:
            said.append(row)
    if not tools:
        return said
    explained = EXPLAIN_TOOLS.format(
        tools="\n".join(json.dumps(tool["function"], ensure_ascii=False) for tool in tools)
    )
    if said and said[0]["role"] == "system":
        return [{**said[0], "content": f"{said[0]['content']}\n\n{explained}"}, *said[1:]]
    return [{"role": "system", "content": explained}, *said]


def call_form(template: str) -> str:
    """The mark that begins a call in the form that this template teaches; PYTHON also where Llama 3 leaves it out."""
    if not knows_tools(template):
        return HERMES
    if MISTRAL in template:
        return MISTRAL
    if CHANNEL in template:
        return CHANNEL
    return PYTHON if PYTHON in template or '"parameters"' in template else HERMES


def _short_id(name: str | None) -> str:
    letters = re.sub(r"[^A-Za-z0-9]", "", name or "")
    return letters[-9:].rjust(9, "0")
