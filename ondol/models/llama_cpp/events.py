"""What llama.cpp's server tells while it writes → LangChain's chunks."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata

from ondol.errors import BackendError, UsageError
from ondol.gguf.server import Event
from ondol.models.contract import ContextOverflow
from ondol.models.stop import StopCutter
from ondol.tokens.neutraliser import restore


def read_chunks(
    bursts: Generator[list[Event], None, None], *, model: str, stop: Sequence[str], strip_start: bool
) -> Iterator[AIMessageChunk]:
    """Text as it comes, a chunk for each burst, then one chunk without text that carries usage and finish_reason.

    Args:
        stop: strings that end the text and are not shown; the server is then told to end.
        strip_start: leave out the white space before the first word.
    """
    cutter, finish, timings = StopCutter(stop), "stop", Event()
    with closing(bursts):
        for burst in bursts:
            text = thinking = ""
            for event in map(check, burst):
                timings = event.get("timings") or timings
                for choice in event["choices"]:
                    finish = choice["finish_reason"] or finish
                    delta = choice.get("delta", choice)
                    text += delta.get("content") or delta.get("text") or ""
                    thinking += delta.get("reasoning_content") or ""
            text = restore(text)
            if strip_start:
                text = text.lstrip()
                strip_start = not text
            yield from _chunk(cutter.feed(text), thinking)
            if cutter.found:
                finish = "stop"
                break
    yield from _chunk(cutter.rest())
    yield AIMessageChunk(
        content="",
        usage_metadata=_usage(timings),
        response_metadata={"finish_reason": finish, "model_name": model},
        chunk_position="last",
    )


def check(event: Event) -> Event:
    """Pass an event on.

    Raises:
        ContextOverflow: the prompt is longer than the window.
        UsageError: the grammar cannot be read.
        BackendError: the server tells of another mistake.
    """
    error = event.get("error")
    if not error:
        return event
    if "failed to parse grammar" in str(error.get("message")):
        raise unreadable_grammar()
    if error.get("type") == "exceed_context_size_error":
        raise overflow(error["n_prompt_tokens"], error["n_ctx"])
    raise BackendError("llama.cpp failed: {reason}", hint="See: ondol doctor", reason=error.get("message", error))


def overflow(prompt: int, context: int) -> ContextOverflow:
    return ContextOverflow(
        "The prompt has {prompt} tokens and the model's window holds {context}.",
        hint="Give it fewer or shorter texts, or open the model with a larger context.", prompt=prompt, context=context,
    )  # fmt: skip


def unreadable_grammar() -> UsageError:
    return UsageError(
        "llama.cpp cannot read the grammar.",
        hint="GBNF needs a rule root, llguidance (%llguidance) a rule start, and every name in a rule one of its own.",
    )


def _chunk(text: str, thinking: str = "") -> Iterator[AIMessageChunk]:
    """LangChain shows `reasoning_content` as a content block of its own."""
    if text or thinking:
        yield AIMessageChunk(content=text, additional_kwargs={"reasoning_content": thinking} if thinking else {})


def _usage(timings: dict[str, Any]) -> UsageMetadata:
    cached, written = timings.get("cache_n", 0), timings.get("predicted_n", 0)
    read = cached + timings.get("prompt_n", 0)
    return UsageMetadata(
        input_tokens=read,
        output_tokens=written,
        total_tokens=read + written,
        input_token_details=InputTokenDetails(cache_read=cached),
    )
