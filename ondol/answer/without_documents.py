"""What a model says by itself, told apart from an answer by having no citations: `--no-docs`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage, HumanMessage, SystemMessage

from ondol.answer.answer import Answer, Thought
from ondol.answer.draft import Draft, elapsed_ms, model_name, window_of
from ondol.lang import nfc
from ondol.models.contract import LocalChatModel
from ondol.tokens.budget import fit

MAX_TOKENS = 512


def stream_model(
    question: str, model: BaseChatModel, *, history: Sequence[BaseMessage] = (), system: str = ""
) -> Iterator[str | Thought | Answer]:
    """The model's own words, unchecked: nothing is cited, nothing is refused; the last item is the whole Answer.

    Args:
        history: earlier turns, the oldest first; those that do not fit into the model's window are left out, the
            oldest first.

    Raises:
        ContextOverflow: not even the question fits.
    """
    start, question, draft = time.perf_counter(), nfc(question), Draft(())
    kept, draft.left_out = _fit(question, model, history, system)
    messages = [*([SystemMessage(system)] if system else []), *kept, HumanMessage(question)]
    stream = model.stream(messages, max_tokens=_room(model))
    yield from draft.read(chunk for chunk in stream if isinstance(chunk, AIMessageChunk))
    times = {
        "retrieve": 0.0,
        "first_token": draft.first_token_ms(start),
        "total": elapsed_ms(start, time.perf_counter()),
    }
    yield Answer(
        question=question, answer=draft.text.strip(), model=model_name(model), usage=draft.usage, ms=times,
        thinking=draft.thinking, left_out=draft.left_out, finish_reason=draft.finish_reason,
    )  # fmt: skip


def _fit(
    question: str, model: BaseChatModel, history: Sequence[BaseMessage], system: str
) -> tuple[Sequence[BaseMessage], str]:
    """The turns that stay, and one line about those that do not."""
    window = window_of(model)
    if not isinstance(model, LocalChatModel) or not window:
        return history, ""
    budget = fit(
        system=system, question=question, history=history, count=model.get_num_tokens, context=window,
        count_messages=lambda turn: model.get_num_tokens_from_messages(list(turn)), answer_tokens=_room(model),
    )  # fmt: skip
    return budget.history, budget.told


def _room(model: BaseChatModel) -> int:
    """Tokens kept free for the answer: a quarter of a small window."""
    window = window_of(model)
    return min(MAX_TOKENS, window // 4) if window else MAX_TOKENS
