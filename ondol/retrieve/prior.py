"""What any question at all would score: the part of a cosine that says nothing about this one.

Some chunks are near to every question, in e5's space all those that read like an answer, and all those in the
question's language. Taking a part of that off the cosine, half of it, moves nDCG@10 on halves that were not used to
choose it (docs/retrieval.md).
"""

from __future__ import annotations

import weakref
from typing import Final

import numpy as np

from ondol.embeddings.contract import Matrix
from ondol.library.library import Library

QUESTIONS: Final = {
    "ko": """무엇인가요? | 누구인가요? | 언제인가요? | 어디인가요? | 얼마인가요? | 왜 그런가요? | 어떻게 하나요?
        | 몇 개인가요? | 이것은 무엇입니까? | 이름이 무엇인가? | 언제 시작되었나요? | 어느 것인가요?""",
    "en": """What is it? | Who is it? | When was it? | Where is it? | How much is it? | Why is that?
        | How does it work? | How many are there? | What is the name? | When did it start? | Which one is it?
        | What does it mean?""",
}
"""Questions without a subject."""
_KNOWN: weakref.WeakKeyDictionary[Library, dict[str, Matrix]] = weakref.WeakKeyDictionary()


def question_prior(library: Library, language: str) -> Matrix:
    """Mean vector, (dimension,) of questions without a subject in this language; made once for a library, in 50 ms."""
    known = _KNOWN.setdefault(library, {})
    name = language if language in QUESTIONS else "en"
    if name not in known:
        questions = [" ".join(question.split()) for question in QUESTIONS[name].split("|")]
        known[name] = np.asarray(library.embeddings.embed_array(questions, "query").mean(axis=0), dtype=np.float32)
    return known[name]
