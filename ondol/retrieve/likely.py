"""Which passages of a long text are worth comparing with a question, by its words alone."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from ondol.lexical.korean import syllable_pairs

WORD = re.compile(r"[가-힣]+|[^\W가-힣]+")


def likeliest(question: str, texts: Sequence[str], most: int) -> list[int]:
    """Places of at most `most` texts, in order: those with the rarest words of the question, else the first ones."""
    if len(texts) <= most:
        return list(range(len(texts)))
    wanted = _words(question)
    held = [wanted & _words(text) for text in texts]
    seen = Counter(word for words in held for word in words)
    weights = {word: math.log(1 + len(texts) / count) for word, count in seen.items()}
    scores = [sum(weights[word] for word in sorted(words)) for words in held]
    return sorted(sorted(range(len(texts)), key=lambda place: -scores[place])[:most])


def _words(text: str) -> set[str]:
    """Korean ones as pairs of syllables, for particles cling to them."""
    found = WORD.findall(text.casefold())
    return {part for word in found for part in (syllable_pairs(word) if "가" <= word[0] <= "힣" else [word])}
