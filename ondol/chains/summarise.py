"""Texts in fewer words: each piece that fits the window is summarised, then the summaries, until one is left."""

from __future__ import annotations

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable

from ondol.chains.asking import Asking
from ondol.chains.pieces import split_to_fit
from ondol.chains.step import make_step
from ondol.chains.text import TextLike
from ondol.errors import BackendError
from ondol.ingest.sentences import split_sentences
from ondol.progress import Progress, Silent
from ondol.prompts.load import Prompts, open_prompts
from ondol.prompts.prompt import Prompt

SHARE = 3
"""The summary of a piece has at most this part of the room, a third: two of them fit, and every round ends in fewer."""


def summarise(
    model: BaseChatModel, *, prompts: Prompts | None = None, progress: Progress | None = None
) -> Runnable[TextLike, str]:
    """A text of any length in a few sentences, in its own language.

    Raises:
        ContextOverflow: not even the prompt fits the model's window.
    """
    return _shortening("summarise", "combine", model, prompts, progress)


def condense(
    model: BaseChatModel, *, prompts: Prompts | None = None, progress: Progress | None = None
) -> Runnable[TextLike, str]:
    """A conversation (messages, or their text) in as few words as keep what matters; raises as `summarise`."""
    return _shortening("condense", "condense", model, prompts, progress)


def _shortening(
    name: str, again: str, model: BaseChatModel, prompts: Prompts | None, progress: Progress | None
) -> Runnable[TextLike, str]:
    found = prompts or open_prompts()

    def work(asking: Asking, text: str) -> str:
        first, then = (found.load(row, question=text) for row in (name, again))
        return _shorten(asking, text, first, then, progress or Silent())

    return make_step(name, model, work)


def _shorten(asking: Asking, text: str, first: Prompt, then: Prompt, progress: Progress) -> str:
    prompt, before = first, 0
    while True:
        answer = asking.answer_tokens(prompt)
        room = asking.room(prompt, answer_tokens=answer, text="")
        pieces = split_to_fit(text, room, asking.count)
        if len(pieces) == 1:
            return without_repeats(asking.write(prompt, {"text": text}, max_tokens=answer))
        if before and len(pieces) >= before:
            raise BackendError(
                "The model's summaries are as long as what they sum up.",
                hint="Take another model, or open it with a larger --context.",
            )
        before = len(pieces)
        part = min(answer, max(1, (room or answer) // SHARE))
        progress.begin("Summarising", len(pieces), "pieces")
        summaries = []
        for start, end in pieces:
            summaries.append(without_repeats(asking.write(prompt, {"text": text[start:end]}, max_tokens=part)))
            progress.advance(1)
        progress.end()
        text, prompt = "\n".join(summaries), then


def without_repeats(text: str) -> str:
    """The text without sentences, or beginnings of some, that it has said before: small models go round in circles."""
    kept = text
    for start, end in reversed(spans := split_sentences(text)):
        sentence = text[start:end]
        if any(text[a:b].startswith(sentence) for a, b in spans if b <= start):
            kept = kept[:start].rstrip() + kept[end:]
    return kept.strip()
