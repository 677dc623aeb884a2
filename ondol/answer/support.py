"""Is a sentence that a model wrote said by the sources?"""

from __future__ import annotations

import re

from ondol.answer.terms import terms

MARK = re.compile(r"\s*\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
NEEDED = 0.8
"""Share of a sentence's terms that its source must hold; the rest is left for endings and joining words."""


def strip_marks(text: str) -> str:
    """`text` without `[n]` marks: a model's own numbers are never trusted, citations are matched again."""
    return MARK.sub("", text)


def supports(source: str, claim: str) -> bool:
    """Whether `source` says `claim`: every number of it, and nearly all of its terms.

    This is a test of words, strict on purpose: it passes what repeats the source in another order or shorter, and
    refuses what adds a name, a number or a negation that the source does not have.
    """
    wanted = terms(claim)
    if not wanted:
        return False
    present = terms(source)
    if not set(NUMBER.findall(claim)) <= set(NUMBER.findall(source)):
        return False
    return len(wanted & present) >= NEEDED * len(wanted) and negates(claim) <= negates(source)


NEGATION = re.compile(
    r"\b(?:not|no|never|none|without|cannot|n't)\b|n't\b|(?:않|못하|없|아니|금지|불가)|(?<![가-힣])안 (?=[되된돼됩])",
    re.IGNORECASE,
)


def negates(text: str) -> bool:
    return bool(NEGATION.search(text))
