"""What a model is told, with places for values: as messages for tuned models, as text to continue for base models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from langchain_core.messages import BaseMessage
from langchain_core.prompts import ChatPromptTemplate

from ondol.errors import UsageError
from ondol.lang import Language

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One version of one prompt in one language."""

    name: str
    version: int
    language: Language
    about: str = ""
    variables: tuple[str, ...] = ()
    parts: tuple[tuple[Role, str], ...] = ()
    """Messages with `{variable}` places, in order; at least one."""
    completion: str = ""
    """The same for a base model: the text up to where it goes on; empty where there is none."""
    examples: tuple[Mapping[str, str], ...] = ()
    """Values of the variables, and in "answer" what is the right reply to them."""
    chat_examples: bool = False
    """Show the examples to tuned models too, as messages before the last one."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Sampling values for the model, such as temperature and max_tokens."""
    stop: tuple[str, ...] = ()
    """What ends the reply of a base model."""
    hash: str
    """SHA-256 of the file's text."""
    source: str = ""
    """The file."""

    @property
    def label(self) -> dict[str, Any]:
        """What a result says about the prompt that made it."""
        return {"name": self.name, "version": self.version, "language": self.language, "hash": self.hash}

    def to_langchain(self) -> ChatPromptTemplate:
        """The messages as LangChain's template; the examples are in it where tuned models are shown them."""
        *before, (role, last) = self.parts
        shown = self.examples if self.chat_examples else ()
        pairs: list[tuple[str, str]] = []
        for row in shown:
            pairs += [(role, _escape(last.format(**_values(row)))), ("assistant", _escape(row["answer"]))]
        return ChatPromptTemplate.from_messages([*before, *pairs, (role, last)])

    def write_chat(self, **values: Any) -> list[BaseMessage]:
        """Messages for a tuned model.

        Raises:
            UsageError: a variable is missing, or there is no place for one; all are named.
        """
        self._check(values)
        return self.to_langchain().format_messages(**values)

    def write_completion(self, **values: Any) -> str:
        """Text for a base model: the examples with their answers, then the values without one; raises as `write_chat`.

        White space inside a value becomes one space, so that only what the file says looks like the end of a part.
        """
        self._check(values)
        examples = [f"{self.completion.format(**_values(row))} {row['answer']}" for row in self.examples]
        flat = {name: " ".join(str(value).split()) for name, value in values.items()}
        return "\n\n".join([*examples, self.completion.format(**flat)])

    def _check(self, values: Mapping[str, Any]) -> None:
        missing = [name for name in self.variables if name not in values]
        unknown = sorted(set(values) - set(self.variables))
        known = ", ".join(self.variables) or "–"
        if missing:
            raise UsageError(
                "The prompt '{name}' misses a value: {missing}.", hint="It takes: {known}.", name=self.name,
                missing=", ".join(missing), known=known,
            )  # fmt: skip
        if unknown:
            raise UsageError(
                "The prompt '{name}' has no place for: {unknown}.", hint="It takes: {known}.", name=self.name,
                unknown=", ".join(unknown), known=known,
            )  # fmt: skip


def _values(example: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in example.items() if name != "answer"}


def _escape(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
