"""`fake`: a chat model without weights, for tests and for trying things; its tokens are words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from langchain_core.messages import AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.messages.ai import UsageMetadata
from pydantic import PrivateAttr

from ondol.lang import nfc
from ondol.model_store.store import ModelStore
from ondol.models.contract import ContextOverflow, LocalChatModel
from ondol.models.sampling import Sampling, make_sampling
from ondol.models.stop import StopCutter
from ondol.models.thinking import THINK, split_thinking

WORD = re.compile(r"\s*\S+(?:\s+$)?")
FIRST_SENTENCE = re.compile(r"\s*(.*?[.!?。？！](?=\s|$)|.+)", re.DOTALL)


class FakeChat(LocalChatModel):
    """Says `replies` in turn; without replies, the first sentence of the last human message (or of the prompt)."""

    model: str = "fake"
    context: int = 0
    """Words of prompt and answer together; 0 holds any number."""
    replies: tuple[str, ...] = ()
    max_tokens: int = Sampling().max_tokens
    stop: list[str] | None = None
    _said: int = PrivateAttr(0)

    @property
    def _llm_type(self) -> str:
        return "fake"

    def stream_messages(
        self, messages: list[BaseMessage], *, stop: list[str] | None = None, tools: Any = None,  # noqa: ARG002
        tool_choice: Any = None, **sampling: Any,  # noqa: ARG002
    ) -> Iterator[AIMessageChunk]:  # fmt: skip
        asked = next((row.text for row in reversed(messages) if isinstance(row, HumanMessage)), "")
        read = self.get_num_tokens_from_messages(messages)
        if self.context and read >= self.context:
            raise ContextOverflow(
                "The prompt has {prompt} tokens and the model's window holds {context}.",
                hint="Give it fewer or shorter texts, or open the model with a larger context.",
                prompt=read, context=self.context,
            )  # fmt: skip
        return split_thinking(self._say(asked, read, stop=stop, **sampling), THINK)

    def stream_completion(
        self, prompt: str, *, stop: list[str] | None = None, **sampling: Any
    ) -> Iterator[AIMessageChunk]:
        return self._say(prompt, self.get_num_tokens(prompt), stop=stop, **sampling)

    def get_token_ids(self, text: str) -> list[int]:
        """One id per word: the place of the word in `text`."""
        return list(range(len(WORD.findall(text))))

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Any = None) -> int:  # noqa: ARG002
        return sum(self.get_num_tokens(row.text) for row in messages)

    def _say(self, asked: str, read: int, *, stop: list[str] | None, **sampling: Any) -> Iterator[AIMessageChunk]:
        chosen = make_sampling(**{"max_tokens": self.max_tokens, **sampling, "stop": stop or self.stop})
        cutter = StopCutter(chosen.stop or ())
        words = WORD.findall(cutter.feed(self._reply(asked)) + cutter.rest())
        said = words[: chosen.max_tokens]
        for word in said:
            yield AIMessageChunk(content=word)
        yield AIMessageChunk(
            content="",
            usage_metadata=UsageMetadata(input_tokens=read, output_tokens=len(said), total_tokens=read + len(said)),
            response_metadata={
                "finish_reason": "length" if len(said) < len(words) else "stop",
                "model_name": self.model,
            },
            chunk_position="last",
        )

    def _reply(self, asked: str) -> str:
        if self.replies:
            self._said += 1
            return self.replies[(self._said - 1) % len(self.replies)]
        sentence = FIRST_SENTENCE.match(nfc(asked))
        return sentence[1] if sentence else ""


def open_fake(
    name: str = "",
    *,
    store: ModelStore | None = None,  # noqa: ARG001 - every model takes these
    threads: int = 0,  # noqa: ARG001
    context: int = 0,
    device: str = "",  # noqa: ARG001
    dtype: str = "",  # noqa: ARG001
    **sampling: Any,
) -> FakeChat:
    """A fake that always replies `name`, or repeats the question's first sentence (`fake:`).

    `fake:<think>So …</think>Some reply.` thinks before it replies.
    """
    return FakeChat(
        context=context,
        replies=(name,) if name else (),
        **make_sampling(**sampling).model_dump(include={"max_tokens", "stop"}),
    )
