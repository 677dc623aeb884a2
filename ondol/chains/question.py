"""The answer to a question about one text; of a long text, from the pieces that share the question's words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable

from ondol.chains.asking import Asking
from ondol.chains.pieces import split_to_fit
from ondol.chains.step import make_step
from ondol.chains.text import TextLike
from ondol.errors import UsageError
from ondol.lang import nfc
from ondol.lexical.terms import question_terms, text_terms
from ondol.prompts.load import Prompts, open_prompts
from ondol.prompts.prompt import Prompt
from ondol.tokens.budget import MARKS, fit

PIECE = 200
"""Tokens of a piece of a long text, at most."""
GAP = "\n…\n"


def answer_question(model: BaseChatModel, *, question: str, prompts: Prompts | None = None) -> Runnable[TextLike, str]:
    """The answer in the question's language; nothing checks it against the text as `ask` does.

    Raises:
        UsageError: the question is empty.
    """
    asked = nfc(question).strip()
    if not asked:
        raise UsageError("The question is empty.", hint="Write it in quotes.")
    found = prompts or open_prompts()

    def work(asking: Asking, text: str) -> str:
        prompt = found.load("question", question=asked)
        answer = asking.answer_tokens(prompt)
        read = _fit_text(asking, prompt, text, asked, answer)
        return asking.write(prompt, {"question": asked, "text": read}, max_tokens=answer)

    return make_step("question", model, work)


def _fit_text(asking: Asking, prompt: Prompt, text: str, question: str, answer_tokens: int) -> str:
    """The text, or of a long one the pieces that fit, the likeliest first and then in the text's order."""
    room = asking.room(prompt, answer_tokens=answer_tokens, question=question, text="")
    if room is None or asking.count(text) <= room:
        return text
    gap = asking.count(GAP) + 1
    spans = split_to_fit(text, max(1, min(room - gap, PIECE)), asking.count)
    pieces = [text[start:end] for start, end in spans]
    order = rank_pieces(question, pieces)
    budget = fit(
        system="", question="", chunks=[pieces[place] for place in order],
        count=lambda piece: asking.count(piece) + gap if piece else 0, context=room + MARKS, answer_tokens=0,
    )  # fmt: skip
    return GAP.join(pieces[place] for place in sorted(order[kept] for kept in budget.chunks))


def rank_pieces(question: str, pieces: Sequence[str]) -> list[int]:
    """Places of the pieces, those that share most with the question first; its rare terms weigh more."""
    asked = question_terms(question, lambda _: None)
    wanted = {*asked.words, *asked.pairs, *asked.codes}
    held = []
    for piece in pieces:
        terms = text_terms(piece, [])
        held.append(wanted & {*terms.words, *terms.pairs, *terms.codes})
    seen = Counter(term for terms in held for term in terms)
    scores = [sum(math.log(1 + len(pieces) / seen[term]) for term in terms) for terms in held]
    return sorted(range(len(pieces)), key=lambda place: -scores[place])
