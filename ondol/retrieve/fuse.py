"""Both sides of the search into one score: by what they measured, not by rank."""

from __future__ import annotations

from dataclasses import dataclass

from ondol.retrieve.candidates import Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much of what makes a hybrid score, which is a cosine corrected."""

    prior: float = 0.5
    """Taken off: the part of the cosine that any question would have (`prior`)."""
    words: float = 0.05
    """Put on for a chunk that has all words of the question; e5's cosines of good and bad hits differ by about as
    much. BM25 itself grows with the size of a collection, its share of what is possible does not."""
    exact: float = 0.1
    """Put on for a chunk that holds the question's codes and quoted phrases; lifts it over every cosine."""


WEIGHTS = Weights()


def fuse(candidate: Candidate, weights: Weights = WEIGHTS) -> float:
    """Higher is better; comparable between the chunks of one question."""
    return (
        candidate.cosine
        - weights.prior * candidate.prior
        + weights.words * candidate.share
        + weights.exact * candidate.exact
    )
