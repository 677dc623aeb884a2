"""Messages and tools → the prompt that the model's own template makes of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2.exceptions import TemplateError
from langchain_core.messages import BaseMessage

from ondol.errors import UsageError
from ondol.gguf.file import ALWAYS_CONTROL
from ondol.models.chat_messages import PLAIN_MARKS, PLAIN_TEMPLATE, clean_texts, make_chat
from ondol.models.thinking import go_on, tags_for
from ondol.models.tool_prompt import (
    Row,
    call_form,
    choose_tools,
    joined_turns,
    knows_tools,
    split_begun,
    tools_as_text,
    with_objects,
    with_texts,
    without_system,
)  # fmt: skip
from ondol.models.tool_text import CHANNEL, CONSTRAIN, HERMES, MISTRAL, PYTHON
from ondol.tokens.encode import encode_turns
from ondol.tokens.neutraliser import Neutraliser

MARK = re.compile(r"<\|?/?\w+\|?>|<</?SYS>>|\[/?[A-Z_]+\]")
"""Llama 2's `[INST]` and Qwen's `<tool_call>` are marks also where they are several tokens."""


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
        self._tools_known = knows_tools(self.template)
        marks = marks_of(tokenizer, self.template)
        self.in_text = Neutraliser(marks)
        self.in_chat = Neutraliser([*marks, *(PLAIN_MARKS if self.plain else ())])

    def write(
        self, messages: list[BaseMessage], *, tools: Any = None, tool_choice: Any = None, think: bool | None = None
    ) -> Prompt:
        """The prompt of a chat.

        Raises:
            UsageError: a message that is not text, a tool choice that names no tool, or the template refuses them.
        """
        offered, forced = choose_tools(tools or [], tool_choice)
        offered = clean_texts(offered, self.in_chat)
        rows, continued = split_begun([with_objects(row) for row in make_chat(messages, self.in_chat)])
        if not self._tools_known:
            rows = tools_as_text(rows, offered)
        begun = self._begin(offered, forced) if forced is not None else ""
        text = self.render(rows, tools=offered if self._tools_known else [], think=think)
        text += go_on(text, continued, tags_for(self.template)) + begun
        names = frozenset(tool["function"]["name"] for tool in offered)
        return Prompt(text=text, ids=self.tokens(text, starts=self.plain), begun=begun, tools=names)

    def encode_answer(
        self, messages: list[BaseMessage], answer: str, ends: frozenset[int]
    ) -> tuple[list[int], list[int]]:
        """The tokens of the prompt, and those of an answer with the token that ends it (for a base, its line's end)."""
        rows = make_chat(messages, self.in_chat)
        if self.plain:
            return self.tokens(self.render(rows), starts=True), self.tokens(f" {self.in_chat(answer)}\n")
        turns = [*rows, {"role": "assistant", "content": self.in_chat(answer)}]
        encoded = encode_turns(
            turns, render=lambda rows, begin: self.render(list(rows), begin=begin), tokenize=self.tokens, ends=ends
        )
        return encoded.split_last()

    def complete(self, text: str) -> Prompt:
        """The prompt that is `text` itself, behind the token that begins every text of this model."""
        clean = self.in_text(text)
        return Prompt(text=clean, ids=self.tokens(clean, starts=True))

    def tokens(self, text: str, *, starts: bool = False) -> list[int]:
        ids: list[int] = self._tokenizer(text, add_special_tokens=starts)["input_ids"]
        return ids

    def render(
        self, rows: list[Row], *, tools: Sequence[Row] = (), think: bool | None = None, begin: bool = True
    ) -> str:
        """Templates differ in what they take: arguments as text, no system message. Each is tried in turn.

        Args:
            begin: set the start of an answer behind the last message.
        """
        asked = {} if think is None else {"enable_thinking": think}
        refused: Exception | None = None
        kinds = (rows, without_system(rows), joined_turns(rows), joined_turns(without_system(rows)))
        for tried in (row for kind in kinds for row in (kind, with_texts(kind))):
            try:
                text: str = self._tokenizer.apply_chat_template(
                    tried, tools=list(tools) or None, chat_template=PLAIN_TEMPLATE if self.plain else None,
                    add_generation_prompt=begin, tokenize=False, **asked,
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
        form = call_form(self.template)
        if form == CHANNEL:
            return f"{CHANNEL}{name}" + (f" {CONSTRAIN}json<|message|>" if name else "")
        if form == MISTRAL and "[ARGS]" in self.template:
            return MISTRAL + (f"{name}[ARGS]" if name else "")
        start, key = f"{HERMES}\n", "arguments"
        if form == MISTRAL:
            start = f"{MISTRAL}[" if "tool_calls" in self.template else MISTRAL
        elif form == PYTHON:
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
