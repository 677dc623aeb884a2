"""A model asked with our prompts: as a chat, or as text to continue where the model is a base."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage

from ondol.errors import BackendError, UsageError
from ondol.models.contract import LocalChatModel
from ondol.prompts.prompt import Prompt
from ondol.tokens.budget import fit

IN_PROCESS = ("llama.cpp", "hf")
"""Runtimes that can be told not to think without the server refusing it."""
MAX_TOKENS = 512
"""Of a reply, where the prompt does not say."""
LARGEST_SHARE = 4
"""A reply is given no more than this part of the window: a quarter."""


@dataclass(slots=True)
class Asking:
    """One step's conversation with the model, and what it took."""

    model: BaseChatModel
    prompts: dict[str, Prompt] = field(default_factory=dict)
    """Those that were used, by hash."""
    calls: int = 0
    usage: dict[str, int] = field(default_factory=lambda: {"prompt_tokens": 0, "completion_tokens": 0})
    cut_off: bool = False
    """A reply ended because its tokens were used up."""

    def write(
        self, prompt: Prompt, values: Mapping[str, Any], *, max_tokens: int = 0,
        json_schema: Mapping[str, Any] | None = None,
    ) -> str:  # fmt: skip
        """The model's reply.

        Args:
            max_tokens: instead of the prompt's own.
            json_schema: what the reply must look like; held to where the runtime can.

        Raises:
            UsageError: the values are not those of the prompt.
            BackendError: the model writes nothing.
        """
        settings = {**prompt.settings, **({"max_tokens": max_tokens} if max_tokens else {})}
        message = self._ask(prompt, settings, json_schema, values)
        self._note(prompt, message)
        reply = message.text.strip()
        if not reply:
            raise BackendError(
                "The model wrote nothing.", hint="Try another model, or a prompt that allows more max_tokens."
            )
        return reply

    def answer_tokens(self, prompt: Prompt) -> int:
        """What the prompt allows, or a quarter of a small window."""
        wanted, window = int(prompt.settings.get("max_tokens", MAX_TOKENS)), window_of(self.model)
        return min(wanted, window // LARGEST_SHARE) if window else wanted

    def room(self, prompt: Prompt, *, answer_tokens: int, **values: Any) -> int | None:
        """Tokens that the window has beside `values`, the prompt and the reply; None where nobody knows the window.

        Raises:
            ContextOverflow: the prompt alone is too long.
        """
        window = window_of(self.model)
        if not window:
            return None
        if use_completion(self.model, prompt):
            size = self.count(prompt.write_completion(**values))
        else:
            size = self.model.get_num_tokens_from_messages(prompt.write_chat(**values))
        budget = fit(
            system="", question="", count=lambda _: size, context=window, answer_tokens=answer_tokens
        )  # the whole prompt counts as the question
        return window - answer_tokens - budget.tokens

    def count(self, text: str) -> int:
        """Tokens of a text; of another maker's model, which may want to fetch a tokenizer, an upper estimate."""
        return self.model.get_num_tokens(text) if isinstance(self.model, LocalChatModel) else len(text.encode()) // 2

    def _ask(
        self, prompt: Prompt, settings: dict[str, Any], schema: Mapping[str, Any] | None, values: Mapping[str, Any]
    ) -> AIMessage:
        model = self.model
        if not isinstance(model, LocalChatModel):
            return model.invoke(prompt.write_chat(**values))
        if model._llm_type in IN_PROCESS:
            settings = {"think": False, **settings}
        if schema is not None:
            try:
                return self._ask(prompt, {**settings, "json_schema": dict(schema)}, None, values)
            except UsageError as error:
                if error.values.get("what") != "json_schema":  # the runtime holds nothing to a schema: ask without it
                    raise
        if use_completion(model, prompt):
            return model.complete(prompt.write_completion(**values), stop=list(prompt.stop) or None, **settings)
        return model.invoke(prompt.write_chat(**values), **settings)

    def _note(self, prompt: Prompt, message: AIMessage) -> None:
        self.prompts[prompt.hash] = prompt
        self.calls += 1
        used = message.usage_metadata
        if used:
            self.usage["prompt_tokens"] += used["input_tokens"]
            self.usage["completion_tokens"] += used["output_tokens"]
        self.cut_off = self.cut_off or message.response_metadata.get("finish_reason") == "length"


def use_completion(model: BaseChatModel, prompt: Prompt) -> bool:
    return isinstance(model, LocalChatModel) and model.is_base and bool(prompt.completion)


def window_of(model: BaseChatModel) -> int:
    """Tokens of prompt and reply together; 0 when nobody knows."""
    told = getattr(model, "context", 0) or (model.profile or {}).get("max_input_tokens", 0)
    return int(told or 0)
