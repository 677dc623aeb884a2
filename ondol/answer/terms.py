"""Words as far as they can be compared across inflection: English stems, Korean syllable pairs, numbers whole.

Korean particles and endings cling to their words; pairs of syllables find the noun all the same (10 of 10 nouns with
a particle, against 0 of 10 for words split at spaces) and need no morphological analyser, which takes seconds to load.
"""

from __future__ import annotations

import re

from ondol.lexical.korean import strip_word, syllable_pairs
from ondol.lexical.terms import STOP

WORD = re.compile(r"[A-Za-zÀ-ɏ]+|\d+(?:[.,:]\d+)*|[가-힣]+")
ENGLISH_ENDINGS = ("ations", "ingly", "ation", "edly", "ing", "ies", "ied", "ed", "es", "ly", "s")
MEASURED = re.compile(
    r"\bhow (?:long|old|far|tall|big|large|high|deep|wide|often|fast|heavy)\b|\bwhat (?:time|year|date|day|month)\b"
    r"|몇\s?[가-힣]+",
    re.IGNORECASE,
)
"""Asks for a measure and does not tell of what."""


def terms(text: str) -> set[str]:
    """What of `text` can be matched: `{"librari", "9:30", "도서", "서관"}`."""
    return {part for word in WORD.findall(text) for part in _parts(word)}


def question_terms(question: str) -> set[str]:
    """The same of a question, without question words, particles and endings."""
    return {part for word in WORD.findall(question) for part in _parts(_bare(word))}


def count_content_words(question: str) -> int:
    """Words of a question that say what it is about: 0 for "When was that?", 2 for `연차 휴가는 얼마인가요?`."""
    return sum(bool(_parts(_bare(word))) for word in WORD.findall(MEASURED.sub(" ", question)))


def words(text: str) -> list[tuple[int, int]]:
    """Start and end of every word of `text`, in order."""
    return [match.span() for match in WORD.finditer(text)]


def _parts(word: str) -> list[str]:
    if word[:1] >= "가":
        return syllable_pairs(word)
    if word[:1].isdigit():
        return [word]
    lower = word.lower()
    return [] if not lower or lower in STOP else [_stem(lower)]


def _stem(word: str) -> str:
    for ending in ENGLISH_ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _bare(word: str) -> str:
    """A Korean word of a question without its particle or ending; empty when it only asks."""
    return strip_word(word) if word[:1] >= "가" else word
