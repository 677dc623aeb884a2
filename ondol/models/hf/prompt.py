"""Messages and tools → the prompt that the model's own template makes of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from jinja2.exceptions import TemplateError
from langchain_core.messages import BaseMessage

from ondol.errors import UsageError
from ondol.gguf.file import ALWAYS_CONTROL
from ondol.models.chat_messages import PLAIN_MARKS, PLAIN_TEMPLATE, Neutraliser, make_chat
from ondol.models.tool_text import HERMES, MISTRAL, PYTHON

Row = dict[str, Any]
MARK = re.compile(r"<\|?/?\w+\|?>|<</?SYS>>|\[/?[A-Z_]+\]")
"""Llama 2's `[INST]` and Qwen's `<tool_call>` are marks also where they are several tokens."""
EXPLAIN_TOOLS = """\
You can call these tools, one JSON object a line:
{tools}
To call one, answer with nothing but:
<tool_call>
{{"name": "the tool's name", "arguments": {{"its": "arguments"}}}}
</tool_call>"""
"""For templates that know no tools."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    text: str
    ids: list[int] = field(repr=False)
    begun: str = ""
    """What the answer was made to begin with; it stands at the end of `text`."""
    tools: frozenset[str] = frozenset()


class PromptWriter:
    """What a tokenizer and its chat template make of messages."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self.template = template_of(tokenizer)
        self.plain = not self.template
        self._tools_known = bool(re.search(r"\btools\b", self.template))
        marks = marks_of(tokenizer, self.template)
        self.in_text = Neutraliser(marks)
        self._in_chat = Neutraliser([*marks, *(PLAIN_MARKS if self.plain else ())])

    def write(
        self, messages: list[BaseMessage], *, tools: Any = None, tool_choice: Any = None, think: bool | None = None
    ) -> Prompt:
        """The prompt of a chat.

        Raises:
            UsageError: a message that is not text, a tool choice that names no tool, or the template refuses them.
        """
        offered, forced = choose_tools(tools or [], tool_choice)
        offered = _clean(offered, self._in_chat)
        rows = [_with_objects(row) for row in make_chat(messages, self._in_chat)]
        if not self._tools_known:
            rows = _tools_as_text(rows, offered)
        begun = self._begin(offered, forced) if forced is not None else ""
        text = self._render(rows, offered if self._tools_known else [], think) + begun
        names = frozenset(tool["function"]["name"] for tool in offered)
        return Prompt(text=text, ids=self.tokens(text, starts=self.plain), begun=begun, tools=names)

    def complete(self, text: str) -> Prompt:
        """The prompt that is `text` itself, behind the token that begins every text of this model."""
        clean = self.in_text(text)
        return Prompt(text=clean, ids=self.tokens(clean, starts=True))

    def tokens(self, text: str, *, starts: bool = False) -> list[int]:
        ids: list[int] = self._tokenizer(text, add_special_tokens=starts)["input_ids"]
        return ids

    def _render(self, rows: list[Row], tools: list[Row], think: bool | None) -> str:
        """Templates differ in what they take: arguments as text, no system message. Each is tried in turn."""
        asked = {} if think is None else {"enable_thinking": think}
        refused: Exception | None = None
        for tried in (rows, _with_texts(rows), _without_system(rows), _without_system(_with_texts(rows))):
            try:
                text: str = self._tokenizer.apply_chat_template(
                    tried, tools=tools or None, chat_template=PLAIN_TEMPLATE if self.plain else None,
                    add_generation_prompt=True, tokenize=False, **asked,
                )  # fmt: skip
            except (TemplateError, TypeError, ValueError, KeyError) as error:
                refused = refused or error
            else:
                return text
        raise UsageError(
            "The model's chat template refuses these messages: {reason}",
            hint="Begin with a human message and let human and assistant messages alternate.", reason=refused,
        ) from refused  # fmt: skip

    def _begin(self, tools: list[Row], name: str) -> str:
        """The start of a call in this model's own form, so that it must go on with one."""
        name = name or (tools[0]["function"]["name"] if len(tools) == 1 else "")
        if MISTRAL in self.template and "[ARGS]" in self.template:
            return MISTRAL + (f"{name}[ARGS]" if name else "")
        start, key = f"{HERMES}\n", "arguments"
        if MISTRAL in self.template:
            start = f"{MISTRAL}[" if "tool_calls" in self.template else MISTRAL
        elif PYTHON in self.template or (self._tools_known and '"parameters"' in self.template):
            start, key = "", "parameters"
        return f'{start}{{"name": "{name}", "{key}": ' if name else f'{start}{{"name": "'


def template_of(tokenizer: Any) -> str:
    """The chat template, or the one for tools where a model has several; empty for a base model."""
    template = tokenizer.chat_template
    if isinstance(template, dict):
        template = template.get("tool_use") or template.get("default") or next(iter(template.values()), "")
    return template or ""


def marks_of(tokenizer: Any, template: str) -> set[str]:
    """Texts that the model obeys: special tokens, and what its template sets between texts."""
    added = {str(token): token.special for token in tokenizer.added_tokens_decoder.values()}
    named = {text for text, special in added.items() if special or text in ALWAYS_CONTROL or text in template}
    return {text for text in {*named, *tokenizer.all_special_tokens, *MARK.findall(template)} if text.strip()}


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


def _clean(value: Any, neutralise: Neutraliser) -> Any:
    if isinstance(value, str):
        return neutralise(value)
    if isinstance(value, list):
        return [_clean(item, neutralise) for item in value]
    return {key: _clean(item, neutralise) for key, item in value.items()} if isinstance(value, dict) else value


def _with_objects(row: Row) -> Row:
    """Arguments as objects, as most templates print them, and ids of nine digits, as Mistral's wants them."""
    row = {**row, "content": row.get("content") or ""}
    if "tool_call_id" in row:
        row["tool_call_id"] = _short_id(row["tool_call_id"])
    if row.get("tool_calls"):
        row["tool_calls"] = [
            {**call, "id": _short_id(call["id"]),
             "function": {**call["function"], "arguments": json.loads(call["function"]["arguments"] or "{}")}}
            for call in row["tool_calls"]
        ]  # fmt: skip
    return row


def _short_id(name: str | None) -> str:
    letters = re.sub(r"[^A-Za-z0-9]", "", name or "")
    return letters[-9:].rjust(9, "0")


def _with_texts(rows: list[Row]) -> list[Row]:
    """Arguments as JSON texts, for templates that join them to other texts."""

    def text(call: Row) -> Row:
        arguments = json.dumps(call["function"]["arguments"], ensure_ascii=False)
        return {**call, "function": {**call["function"], "arguments": arguments}}

    return [{**row, "tool_calls": [*map(text, row["tool_calls"])]} if row.get("tool_calls") else row for row in rows]


def _without_system(rows: list[Row]) -> list[Row]:
    """The system text on top of the first human message, for templates without that role."""
    system = "\n\n".join(row["content"] for row in rows if row["role"] == "system")
    rest = [dict(row) for row in rows if row["role"] != "system"]
    first = next((row for row in rest if row["role"] == "user"), None)
    if system and first:
        first["content"] = f"{system}\n\n{first['content']}"
    elif system:
        rest.insert(0, {"role": "user", "content": system})
    return rest


def _tools_as_text(rows: list[Row], tools: list[Row]) -> list[Row]:
    """Offer, calls and results as ordinary messages."""
    said: list[Row] = []
    for row in rows:
        if row["role"] == "tool":
            row = {"role": "user", "content": f"The tool answered:\n{row['content']}"}
        elif row.get("tool_calls"):
            calls = [json.dumps(call["function"], ensure_ascii=False) for call in row["tool_calls"]]
            written = "\n".join(f"{HERMES}\n{call}\n</tool_call>" for call in calls)
            row = {"role": row["role"], "content": f"{row['content']}\n{written}".strip()}
        if said and said[-1]["role"] == row["role"] == "user":  # several results, for templates that want turns
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
