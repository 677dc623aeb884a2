"""Words as far as they can be compared across inflection: English stems, Korean syllable pairs, numbers whole.

Korean particles and endings cling to their words; pairs of syllables find the noun all the same (10 of 10 nouns with
a particle, against 0 of 10 for words split at spaces) and need no morphological analyser, which takes seconds to load.
"""

from __future__ import annotations

import re

WORD = re.compile(r"[A-Za-zÀ-ɏ]+|\d+(?:[.,:]\d+)*|[가-힣]+")
ENGLISH_STOP = frozenset(
    """a an the of in on at to for by with from is are was were be been being am do does did has have had what when
    where who whom whose which why how many much it its this that these those and or as there their his her he she
    they you i we me my your our can could would should will may might must s t not no into than then so such about if
    any some please tell""".split()
)
ENGLISH_ENDINGS = ("ations", "ingly", "ation", "edly", "ing", "ies", "ied", "ed", "es", "ly", "s")
KOREAN_STOP = frozenset(
    """누구 누가 언제 어디 어디서 어디에 어디에서 무엇 무엇을 무엇이 뭐 뭘 왜 어떻게 어떤 몇 얼마 얼마나 무슨 어느 있는
    있나요 있는가 있습니까 하나요 되나요 인가요 인가 입니까 이름 및 그 이 저 것 수 중 때 알려줘 알려주세요 대해
    무엇인가요 누구인가요""".split()
)
KOREAN_QUESTION = re.compile(
    r"(?:인가요|인가|입니까|인지|이었나요|였나요|이었는가|였는가|나요|는가요|는가|은가요|은가|습니까|까요|까|죠|지요|이야|이니|니|냐)$"
)
KOREAN_PARTICLE = re.compile(
    r"(?:에서는|으로는|에게서|이라는|에서|에게|으로|라는|이란|까지|부터|처럼|보다|이나|에는|과의|와의|들은|들이|들의"
    r"|은|는|이|가|을|를|의|에|로|와|과|도|만|란)$"
)

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
        return [word[place : place + 2] for place in range(len(word) - 1)] or [word]
    if word[:1].isdigit():
        return [word]
    lower = word.lower()
    return [] if not lower or lower in ENGLISH_STOP else [_stem(lower)]


def _stem(word: str) -> str:
    for ending in ENGLISH_ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _bare(word: str) -> str:
    """A Korean word of a question without its particle or ending; empty when it only asks."""
    if word[:1] < "가" or word in KOREAN_STOP:
        return "" if word in KOREAN_STOP else word
    bare = KOREAN_QUESTION.sub("", word)
    shorter = KOREAN_PARTICLE.sub("", bare)
    bare = shorter if len(shorter) > 1 or len(bare) == 2 else bare
    return "" if bare in KOREAN_STOP else bare
