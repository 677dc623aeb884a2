"""`--no-docs`: what the model says by itself, told apart by having no citations."""

from __future__ import annotations

import time

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, HumanMessage

from ondol.answer.answer import Answer
from ondol.answer.draft import MAX_TOKENS, Draft, elapsed_ms, model_name
from ondol.lang import nfc


def ask_model(question: str, model: BaseChatModel) -> Answer:
    """The model's own words, unchecked: nothing is cited, nothing is refused."""
    start = time.perf_counter()
    draft = Draft(())
    stream = model.stream([HumanMessage(nfc(question))], max_tokens=MAX_TOKENS)
    for _ in draft.read(chunk for chunk in stream if isinstance(chunk, AIMessageChunk)):
        pass
    now = time.perf_counter()
    return Answer(
        question=question,
        answer=draft.text.strip(),
        model=model_name(model),
        usage=draft.usage,
        ms={"retrieve": 0.0, "first_token": draft.first_token_ms(start), "total": elapsed_ms(start, now)},
    )
