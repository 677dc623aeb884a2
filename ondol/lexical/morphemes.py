"""Korean content morphemes by Kiwi; loaded when the first Korean text comes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

from ondol.lexical.terms import fold

CONTENT = ("NNG", "NNP", "NR", "VV", "VA", "XR", "SH")
"""Nouns, proper nouns, numerals, verbs, adjectives, roots and Han characters. With adverbs, pronouns, dependent nouns
and suffixes the same search finds less: nDCG@10 0.728 instead of 0.739 (`tydiqa_ko`, words alone, n = 805)."""
HANGUL = re.compile("[가-힣]")
WINDOW = 20_000
"""Characters analysed at once; the time grows with the length, not faster."""
PARTICLE_CONTEXT = 40
"""Characters on both sides that tell a particle from the end of a name."""


class Morphemes:
    """Words of one's own (`user_words`) are kept whole, whatever the dictionary makes of them."""

    def __init__(self, user_words: Iterable[str] = ()) -> None:
        self.user_words = sorted({fold(word).strip() for word in user_words} - {""})

    @property
    def version(self) -> str:
        """Changes when the same text could give other morphemes."""
        own = hashlib.sha256("\n".join(self.user_words).encode()).hexdigest()[:8] if self.user_words else "0"
        return f"kiwi-{version('kiwipiepy_model')}+{own}"

    def analyse(self, texts: Sequence[str]) -> list[list[str]]:
        """Content morphemes of every text, in order; without Hangul nothing is loaded."""
        folded = [fold(text) for text in texts]
        if not any(map(_has_hangul, folded)):
            return [[] for _ in texts]
        return [self._analyse(text) if _has_hangul(text) else [] for text in folded]

    def _analyse(self, text: str) -> list[str]:
        kiwi, text = load_kiwi(tuple(self.user_words)), text.replace("\n", " ")
        windows = (text[start : start + WINDOW] for start in range(0, len(text), WINDOW))
        tokens = (token for window in windows for token in kiwi.tokenize(window))
        return [token.form for token in tokens if token.tag.partition("-")[0] in CONTENT and _has_hangul(token.form)]


@cache
def load_kiwi(user_words: tuple[str, ...]) -> Any:
    """Kiwi without its dictionaries of names and typing errors.

    With them it takes 2.7 s and 560 MB instead of 0.8 s and 300 MB, and keeps compounds whole that a question has in
    parts: nDCG@10 0.739 instead of 0.756 (`tydiqa_ko`, words alone, n = 805).
    """
    from kiwipiepy import Kiwi

    kiwi = Kiwi(num_workers=1, load_default_dict=False, load_typo_dict=False, load_multi_dict=False)
    for word in user_words:
        kiwi.add_user_word(word, "NNP", 0.0)
    return kiwi


def _has_hangul(text: str) -> bool:
    return HANGUL.search(text) is not None


def end_without_particles(text: str, start: int, end: int) -> int:
    """`end` of the words from `start` on, moved before the particles or the copula that they end with.

    So that `캔버라이고` is read as `캔버라`, and `1998년에` as `1998년`.
    """
    if not _has_hangul(text[max(start, end - 1) : end]):
        return end
    begin = max(text.rfind("\n", 0, start) + 1, start - PARTICLE_CONTEXT)
    tokens: list[tuple[int, int, str]] = [
        (begin + token.start, begin + token.end, token.tag)
        for token in load_kiwi(()).tokenize(text[begin : end + PARTICLE_CONTEXT])
    ]
    inside = [token for token in tokens if start < token[0] and token[1] <= end]
    if not inside or inside[-1][1] != end:
        return end
    copula = next((token for token in reversed(inside) if token[2].startswith("VCP") and token[0] < token[1]), None)
    if copula and all(tag.startswith("E") for begun, _, tag in inside if begun >= copula[1]):
        return copula[0]
    cut = end
    for begun, ended, tag in reversed(inside):
        if ended != cut or not tag.startswith("J"):
            break
        cut = begun
    return cut
