"""Thinking that may take so many tokens: then it is closed, and the model answers with what it has thought.

A runtime calls `write_within` with streams of *raw* text (tags not yet split off):

    prompt = …                                  # the rendered chat, which hf has and llama.cpp's /apply-template gives
    first = lambda: raw_stream(prompt)
    resume = lambda written, spent: raw_stream(prompt + written, max_tokens=most - spent)
    write_within(budget, first, resume, tags, opened=opened_by(prompt, tags), count=count_tokens)

`raw_stream` must not neutralise marks: foreign text in `prompt` has been neutralised when the chat was made, and what
the model wrote must be read again as the same tokens. What comes out is split, as from `split_thinking`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import UsageMetadata

from ondol.models.thinking import BREAK, Tags, ThinkingSplitter, split_thinking, unsure

LAST_WORDS = (
    "\n\nConsidering the limited time by the user, I have to give the solution based on the thinking directly now.\n"
)
"""Qwen3 was trained to go on from this sentence to its answer."""


def write_within(
    budget: int, first: Callable[[], Iterator[AIMessageChunk]], resume: Callable[[str, int], Iterator[AIMessageChunk]],
    tags: Tags, *, opened: bool, count: Callable[[str], int],
) -> Iterator[AIMessageChunk]:  # fmt: skip
    """Answer with at most `budget` tokens of thinking, split into thinking and answer.

    The last chunk's `response_metadata["thinking"]` is "closed" when the budget ended the thinking. Its usage counts
    the prompt once and everything that was written, the closing words too.

    Args:
        first: begins the answer; closed when the budget is used up, and not called at all for a budget of 0.
        resume: goes on after the prompt and the text written so far, of which it gets the number of tokens too.
        opened: the prompt ends inside the thinking.
        count: tokens of a piece of text.
    """
    return split_thinking(_write(budget, first, resume, tags, opened, count), tags, opened=opened)


def ending(tags: Tags, words: str = LAST_WORDS) -> str:
    """What ends a thought and begins the answer; gpt-oss names the next channel."""
    return words + tags.close + ("".join(tags.passed_over[:2]) or BREAK)


def _write(
    budget: int, first: Callable[[], Iterator[AIMessageChunk]], resume: Callable[[str, int], Iterator[AIMessageChunk]],
    tags: Tags, opened: bool, count: Callable[[str], int],
) -> Generator[AIMessageChunk, None, None]:  # fmt: skip
    written, forced = "", ending(tags)
    if budget > 0:
        watch, spent = ThinkingSplitter(tags, opened=opened), 0
        with ExitStack() as stack:
            chunks = first()
            if hasattr(chunks, "close"):
                stack.callback(chunks.close)
            for chunk in chunks:
                yield chunk
                if chunk.chunk_position == "last":
                    return
                watch.feed(chunk.text)
                written += chunk.text
                spent += count(chunk.text) if watch.inside else 0
                # half a closing tag: one more token shows whether the model ends the thought itself
                if watch.inside and spent >= budget and not unsure(written, [tags.close]):
                    break
            else:
                return
    else:
        forced = ("" if opened else tags.open) + ending(tags, BREAK)
    yield AIMessageChunk(content=forced)
    yield from _go_on(resume, written + forced, count)


def _go_on(
    resume: Callable[[str, int], Iterator[AIMessageChunk]], written: str, count: Callable[[str], int]
) -> Iterator[AIMessageChunk]:
    tokens = count(written)
    for chunk in resume(written, tokens):
        if chunk.chunk_position != "last":
            yield chunk
            continue
        usage = chunk.usage_metadata
        if usage:  # the runtime has read as prompt what it wrote before
            read = max(usage["input_tokens"] - tokens, 0)
            out = usage["output_tokens"] + tokens
            usage = UsageMetadata(input_tokens=read, output_tokens=out, total_tokens=read + out)
        told = {**chunk.response_metadata, "thinking": "closed"}
        yield chunk.model_copy(update={"usage_metadata": usage, "response_metadata": told})
