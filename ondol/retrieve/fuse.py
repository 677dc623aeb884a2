"""Both sides of the search into one score: by what they measured, not by rank."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ondol.retrieve.candidates import Candidate

MOST = 12
"""Terms beyond which a question says no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much of what makes a hybrid score, which is a cosine corrected."""

    prior: float = 0.5
    """Taken off: this share of what any question would score (`prior`)."""
    words: float = 0.1
    """Put on, for every share of the question's words and the root of their number: many words that agree are no
    accident, one or two often are. BM25 itself grows with the size of a collection, its share of what is possible
    does not."""
    exact: float = 0.5
    """Put on for a chunk that holds the question's codes and quoted phrases."""


WEIGHTS = Weights()


def fuse(candidate: Candidate, *, terms: int, room: float, weights: Weights = WEIGHTS) -> float:
    """Higher is better; comparable between the chunks of one question.

    Args:
        terms: how many the question has.
        room: from the mean cosine of the question and the collection up to 1; 0.15 to 0.26 with e5, more with
            embedders that spread their vectors wider. What words add is counted in it.
    """
    words = weights.words * math.sqrt(min(terms, MOST)) * candidate.share
    meaning = candidate.cosine - weights.prior * candidate.prior + candidate.lift
    return meaning + room * (words + weights.exact * candidate.exact)
