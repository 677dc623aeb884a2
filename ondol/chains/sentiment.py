"""Whether the writer of a text is pleased."""

from __future__ import annotations

from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable

from ondol.chains.asking import Asking
from ondol.chains.labels import Labeller
from ondol.chains.step import make_step
from ondol.chains.text import TextLike
from ondol.prompts.load import Prompts, open_prompts

WORDS = {
    "en": {"positive": "positive", "neutral": "neutral", "negative": "negative"},
    "ko": {"positive": "긍정", "neutral": "중립", "negative": "부정"},
}
"""Label → what it is called in the prompt of a language."""


def sentiment(model: BaseChatModel, *, prompts: Prompts | None = None) -> Runnable[TextLike, dict[str, Any]]:
    """`label` (positive, neutral or negative in every language), `score` and `scores` as of `Labeller.choose`."""
    found, labeller = prompts or open_prompts(), Labeller()

    def work(asking: Asking, text: str) -> dict[str, Any]:
        prompt = found.load("sentiment", question=text)
        return labeller.choose(asking, prompt, text, WORDS[prompt.language])

    return make_step("sentiment", model, work)
