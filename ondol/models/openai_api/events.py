"""What an OpenAI-compatible server streams → LangChain's chunks."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from itertools import chain
from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata
from langchain_core.messages.tool import ToolCallChunk, tool_call_chunk

from ondol.models.openai_api.event import Call, Delta, Event
from ondol.models.stop import StopCutter
from ondol.models.thinking import Tags, split_thinking
from ondol.tokens.neutraliser import restore


class EventReader:
    """One answer: its chunks, and what is known of it at its end."""

    def __init__(self, events: Generator[Event, None, None]) -> None:
        self._events = events
        self._calls: list[tuple[int, str]] = []
        self.usage: UsageMetadata | None = None
        self.finish = ""
        self.written = 0
        """Events with something in them: about as many as tokens."""

    def chunks(self) -> Generator[AIMessageChunk, None, None]:
        """Text, thinking and calls as they come; closing it closes the connection."""
        with closing(self._events):
            for event in self._events:
                self._note_usage(event)
                for choice in event.choices or ():
                    self.finish = choice.finish_reason or self.finish
                    chunk = self._chunk(choice.delta or choice)
                    if chunk is not None:
                        self.written += 1
                        yield chunk
        yield AIMessageChunk(content="", response_metadata={"finish_reason": self.finish_reason}, chunk_position="last")

    @property
    def finish_reason(self) -> str:
        if self._calls and self.finish in ("", "stop", "function_call"):
            return "tool_calls"  # some servers say "stop" behind a call
        return self.finish or "stop"

    def _chunk(self, delta: Delta) -> AIMessageChunk | None:
        text = restore(delta.content or delta.text or delta.refusal or "")
        thinking = restore(delta.reasoning_content or delta.reasoning or "")
        calls = [self._call(call) for call in delta.tool_calls or ()]
        if not (text or thinking or calls):
            return None
        more = {"reasoning_content": thinking} if thinking else {}
        return AIMessageChunk(content=text, additional_kwargs=more, tool_call_chunks=calls)

    def _call(self, call: Call) -> ToolCallChunk:
        """Ollama told several calls with the index 0 each: a new id is a new call."""
        index, call_id = call.index or 0, call.id or ""
        places = [place for place, (theirs, _) in enumerate(self._calls) if theirs == index]
        if not places or (call_id and self._calls[places[-1]][1] not in ("", call_id)):
            self._calls.append((index, call_id))
            places = [len(self._calls) - 1]
        name, arguments = (call.function.name, call.function.arguments) if call.function else (None, None)
        return tool_call_chunk(
            name=name or None,
            args=restore(arguments) if isinstance(arguments, str) else None,
            id=call_id or None,
            index=places[-1],
        )

    def _note_usage(self, event: Event) -> None:
        usage, timings = event.usage, event.timings
        if usage and usage.model_fields_set:
            read, written = usage.prompt_tokens or 0, usage.completion_tokens or 0
            cached = (usage.prompt_tokens_details and usage.prompt_tokens_details.cached_tokens) or 0
            thought = (usage.completion_tokens_details and usage.completion_tokens_details.reasoning_tokens) or 0
        elif timings and timings.model_fields_set:
            cached, thought, written = timings.cache_n, 0, timings.predicted_n
            read = cached + timings.prompt_n
        else:
            return
        self.usage = UsageMetadata(
            input_tokens=read,
            output_tokens=written,
            total_tokens=read + written,
            input_token_details=InputTokenDetails(cache_read=cached),
            output_token_details=OutputTokenDetails(reasoning=thought),
        )


def separate(chunks: Generator[AIMessageChunk, None, None], tags: Tags | None) -> Generator[AIMessageChunk, None, None]:
    """Split thinking off, unless the server has begun to do it: its text is all answer then."""
    with closing(chunks):
        first = next(chunks)  # there is always a last one
        every = chain([first], chunks)
        yield from every if "reasoning_content" in first.additional_kwargs else split_thinking(every, tags)


def cut(
    chunks: Generator[AIMessageChunk, None, None],
    reader: EventReader,
    *,
    stop: Sequence[str],
    model: str,
    estimate: int,
) -> Iterator[AIMessageChunk]:
    """End the text at a stop string, and add the chunk with usage and finish_reason.

    Args:
        estimate: tokens of the prompt, for a server that told no usage; `usage_estimated` then says so.
    """
    cutter, more = StopCutter(stop), {}
    with closing(chunks):  # and with it the connection, which ends the server's work
        for chunk in chunks:
            if chunk.chunk_position == "last":
                more = chunk.response_metadata
                continue
            text = cutter.feed(chunk.text) if chunk.text else ""
            if text or chunk.additional_kwargs or chunk.tool_call_chunks:
                yield chunk.model_copy(update={"content": text})
            if cutter.found:
                reader.finish = "stop"
                break
    rest = cutter.rest()
    if rest:
        yield AIMessageChunk(content=rest)
    told: dict[str, Any] = {**more, "finish_reason": reader.finish_reason, "model_name": model}
    usage = reader.usage
    if usage is None:
        told["usage_estimated"] = True
        usage = UsageMetadata(
            input_tokens=estimate, output_tokens=reader.written, total_tokens=estimate + reader.written
        )
    yield AIMessageChunk(content="", usage_metadata=usage, response_metadata=told, chunk_position="last")
