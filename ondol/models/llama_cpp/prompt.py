"""Messages and tools → the prompt that the template in a GGUF file makes of them, on the server."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage

from ondol.errors import BackendError, UsageError
from ondol.gguf.file import ALWAYS_CONTROL, GgufFile
from ondol.gguf.server import LlamaServer
from ondol.models.chat_messages import PLAIN_MARKS, clean_texts, make_chat
from ondol.models.llama_cpp.grammar import Wanted
from ondol.models.sampling import Sampling
from ondol.models.thinking import Tags, go_on, opened_by, tags_for
from ondol.models.tool_prompt import (
    Row,
    call_form,
    choose_tools,
    joined_turns,
    knows_tools,
    split_begun,
    tools_as_text,
    with_objects,
    with_short_ids,
    without_system,
)
from ondol.models.tool_text import CONSTRAIN, HERMES_END
from ondol.tokens.encode import encode_turns
from ondol.tokens.neutraliser import Neutraliser

MARKED = (HERMES_END, "[ARGS]", "[CALL_ID]", f"{CONSTRAIN}json<|message|>")
"""Besides what begins a call or a thought: control tokens that must be seen in an answer."""
PROBE = "ondolprobe"
"""A word that no template has of itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    text: str
    tools: tuple[Row, ...] = field(default=(), repr=False)
    forced: str | None = None
    """As of `choose_tools`."""
    tags: Tags | None = None
    opened: bool = False
    """The text ends inside the thinking."""

    @property
    def names(self) -> frozenset[str]:
        return frozenset(tool["function"]["name"] for tool in self.tools)


class PromptWriter:
    """What a file's chat template makes of messages; the server renders it."""

    def __init__(self, file: GgufFile, server: LlamaServer, *, name: str) -> None:
        self._server, self.template = server, file.chat_template
        self.plain = not self.template
        self.tags = tags_for(self.template, name) if self.template else None
        self.form = call_form(self.template)
        self._tools_known = knows_tools(self.template)
        self._control = file.control_tokens
        self._in_chat = Neutraliser([*file.control_tokens, *(PLAIN_MARKS if self.plain else ())])
        thinking = (self.tags.open, self.tags.close, *self.tags.passed_over) if self.tags else ()
        marks = " ".join((self.form, *MARKED, *thinking))
        self.shown = [token for token in file.control_tokens if token in marks]
        """Control tokens that the server is asked to write out."""
        self.token = cache(self._token)

    def hears(self) -> bool:
        """Whether the template repeats what it is told; one that refuses the question says so when it is used."""
        try:
            return PROBE in self.write([HumanMessage(PROBE)]).text
        except UsageError:
            return True

    def write(
        self, messages: list[BaseMessage], *, tools: Any = None, tool_choice: Any = None, think: bool | None = None
    ) -> Prompt:
        """The prompt of a chat; behind the last human message, what the assistant has said is gone on with.

        Raises:
            UsageError: a message that is not text, a tool choice that names no tool, or the template refuses them.
        """
        offered, forced = choose_tools(tools or [], tool_choice)
        rows, begun = split_begun(make_chat(messages, self._in_chat))
        rows = [with_short_ids(row) for row in rows]
        clean = clean_texts(offered, self._in_chat)
        if not self._tools_known:
            rows, clean = tools_as_text([with_objects(row) for row in rows], clean), []
        text = self._render(rows, clean, think)
        text += go_on(text, begun, self.tags)
        tags = None if begun else self.tags
        return Prompt(text=text, tools=tuple(offered), forced=forced, tags=tags, opened=opened_by(text, tags))

    def encode_answer(self, messages: list[BaseMessage], answer: str) -> tuple[list[int], list[int]]:
        """The tokens of the prompt, and those of an answer with the token that ends it (for a base, its line's end)."""
        rows = make_chat(messages, self._in_chat)
        if self.plain:
            return self._tokens(self._render(rows, [], None)), self._tokens(f" {self._in_chat(answer)}\n", starts=False)
        turns = [*rows, {"role": "assistant", "content": self._in_chat(answer)}]
        encoded = encode_turns(
            turns, render=lambda rows, begin: self._render(list(rows), [], None, begin=begin), tokenize=self._tokens,
            ends=self._ends(),
        )  # fmt: skip
        return encoded.split_last()

    def _ends(self) -> frozenset[int]:
        return frozenset(number for text in self._control & ALWAYS_CONTROL if (number := self.token(text)) is not None)

    def _tokens(self, text: str, *, starts: bool = True) -> list[int]:
        ids: list[int] = self._server.ask("/tokenize", {"content": text, "add_special": starts, "parse_special": True})[
            "tokens"
        ]
        return ids

    def wanted(self, prompt: Prompt, chosen: Sampling) -> Wanted:
        thinking = chosen.thinking_tokens or 0 if prompt.tags else 0
        return Wanted(
            tools=prompt.tools, forced=prompt.forced, schema=chosen.json_schema, form=self.form,
            named_form="[ARGS]" in self.template, max_tokens=max(chosen.max_tokens - thinking, 1),
        )  # fmt: skip

    def _render(self, rows: list[Row], tools: list[Row], think: bool | None, *, begin: bool = True) -> str:
        """Templates differ in what they take: no system message, no two human messages. Each is tried in turn."""
        asked: dict[str, Any] = {"tools": tools} if tools else {}
        if not begin:
            asked["add_generation_prompt"] = False
        if think is not None:
            asked["chat_template_kwargs"] = {"enable_thinking": think}
        refused: BackendError | None = None
        for tried in (rows, without_system(rows), joined_turns(rows), joined_turns(without_system(rows))):
            try:
                text: str = self._server.ask("/apply-template", {"messages": tried, **asked})["prompt"]
            except BackendError as error:
                refused = refused or error
            else:
                return text
        reason = str(refused.values.get("reason", refused)) if refused else ""
        raise UsageError(
            "The model's chat template refuses these messages: {reason}",
            hint="Begin with a human message and let human and assistant messages alternate.",
            reason=reason.rpartition("Jinja Exception: ")[2].strip(),
        ) from refused

    def _token(self, text: str) -> int | None:
        if text not in self._control:
            return None
        body = {"content": text, "add_special": False, "parse_special": True}
        return int(self._server.ask("/tokenize", body)["tokens"][0])
