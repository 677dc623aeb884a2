"""What ondol needs of a chat model beyond LangChain's `BaseChatModel`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Self, cast

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, message_chunk_to_message
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool

from ondol.errors import UsageError
from ondol.tokens.budget import ContextOverflow as ContextOverflow


class LocalChatModel(BaseChatModel):
    """A LangChain chat model that also continues plain text and gives its memory back.

    Every message and chunk at the end of a stream carries `usage_metadata` and
    `response_metadata["finish_reason"]`: "stop" (the model or a stop string ended it), "length" or "tool_calls".
    Thinking stands in `additional_kwargs["reasoning_content"]`, which LangChain shows as a content block of its own:
    it is never part of `content`, so it enters no history, title, citation or tool argument.
    """

    @property
    def is_base(self) -> bool:
        """True for a model that only continues text: it was never taught to follow a chat."""
        return False

    @abstractmethod
    def stream_messages(
        self, messages: list[BaseMessage], *, stop: list[str] | None = None, **sampling: Any
    ) -> Iterator[AIMessageChunk]:
        """The answer to `messages`, as it comes; closing the iterator ends the generation.

        Args:
            sampling: values of `Sampling`, and `tools` and `tool_choice` as `bind_tools` leaves them where the
                runtime knows tools.
        """

    @abstractmethod
    def stream_completion(
        self, prompt: str, *, stop: list[str] | None = None, **sampling: Any
    ) -> Iterator[AIMessageChunk]:
        """The text that follows `prompt`, as it comes, without a chat template."""

    def answer_logprob(self, messages: list[BaseMessage], answer: str) -> tuple[float, int]:  # noqa: ARG002
        """How likely `answer`, and its end, is as the reply to `messages`.

        Returns:
            The natural logarithm of the probability, and the number of tokens.

        Raises:
            UsageError: the runtime does not tell probabilities of a text that is given.
        """
        raise UsageError(
            "{kind} does not tell how likely a text is.", hint="llama.cpp: and hf: models do.", kind=self._llm_type
        )

    def complete(self, prompt: str, *, stop: list[str] | None = None, **sampling: Any) -> AIMessage:
        """The text that follows `prompt`, without a chat template: how a base model is asked."""
        first, *others = self.stream_completion(prompt, stop=stop, **sampling)
        return cast("AIMessage", message_chunk_to_message(add_ai_message_chunks(first, *others)))

    def bind_tools(
        self, tools: Sequence[Any], *, tool_choice: str | dict[str, Any] | bool | None = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools (functions, pydantic classes, `BaseTool`s or OpenAI's dicts).

        Args:
            tool_choice: "auto" or None lets the model choose, "any", "required" or True makes it call one, "none"
                forbids it, a tool's name (or OpenAI's dict) makes it call that one.
        """
        offered = [convert_to_openai_tool(tool) for tool in tools]
        return self.bind(tools=offered, tool_choice=tool_choice, **kwargs)

    def close(self) -> None:
        """Give back what the model holds; it is not used afterwards."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for message in self.stream_messages(messages, stop=stop, **kwargs):
            chunk = ChatGenerationChunk(message=message)
            if run_manager:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """Built on the stream, so that Ctrl-C and a cancelled task end it within a token."""
        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))
