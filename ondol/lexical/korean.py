"""Korean without an analyser: what of a question's word can stand in a text, and how it is made of known words.

Particles and endings cling to Korean words. A morphological analyser takes them off, but takes a second of processor
time to load, which a single question must not wait for. The words of a question are therefore stripped by rules and cut
with the vocabulary of the index, which the analyser has made: on `tydiqa_ko` that finds as much as analysing the
question (docs/retrieval.md).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

ASKING = frozenset(
    """누구 누가 언제 어디 어디서 어디에 어디에서 무엇 무엇을 무엇이 뭐 뭘 왜 어떻게 어떤 몇 얼마 얼마나 무슨 어느 있는
    있나요 있는가 있습니까 하나요 되나요 인가요 인가 입니까 이름 및 그 이 저 것 수 중 때 알려줘 알려주세요 대해
    무엇인가요 누구인가요""".split()
)
ENDING = re.compile(
    r"(?:인가요|인가|입니까|인지|이었나요|였나요|이었는가|였는가|나요|는가요|는가|은가요|은가|습니까|까요|까|죠|지요|이야|이니|니|냐)$"
)
PARTICLE = re.compile(
    r"(?:에서는|으로는|에게서|이라는|에서|에게|으로|라는|이란|까지|부터|처럼|보다|이나|에는|과의|와의|들은|들이|들의"
    r"|은|는|이|가|을|를|의|에|로|와|과|도|만|란)$"
)
LONGEST = 8
"""Syllables of the longest word that is looked for inside another."""
PIECE, LEFT_OVER, RARE = 2.0, 4.0, 0.1
"""Costs of a known word, of a syllable in none, and of a word's rarity: few long words win, common ones before rare."""


def strip_word(word: str) -> str:
    """A word of a question without its particle or ending; empty when it only asks."""
    if word in ASKING:
        return ""
    stem = ENDING.sub("", word)
    shorter = PARTICLE.sub("", stem)
    stem = shorter if len(shorter) > 1 or len(stem) == 2 else stem
    return "" if stem in ASKING else stem


def cut_word(stem: str, word: str, rarity: Callable[[str], float | None]) -> list[str]:
    """The known words that `stem` is made of, in order; what belongs to none is left out.

    Args:
        word: the same before it was stripped: `물가` is prices, or water with a particle, so both are looked for.
        rarity: ln(documents / documents with this word), None for a word that no document has.
    """
    whole = [name for name in dict.fromkeys([stem, word]) if rarity(name) is not None]
    if whole:
        return whole if len(stem) == 1 else whole[:1]
    best: list[tuple[float, int, str]] = [(0.0, 0, "")]
    for end in range(1, len(stem) + 1):
        ways = [(best[end - 1][0] + LEFT_OVER, end - 1, "")]
        for start in range(max(0, end - LONGEST), end - 1):  # of one syllable are too many to mean something
            known = rarity(stem[start:end])
            if known is not None:
                ways.append((best[start][0] + PIECE + RARE * known, start, stem[start:end]))
        best.append(min(ways))
    pieces, place = [], len(stem)
    while place:
        _, place, piece = best[place]
        pieces.append(piece)
    return [piece for piece in reversed(pieces) if piece]


def syllable_pairs(run: str) -> list[str]:
    """`도서관` → `도서`, `서관`; one syllable stays by itself. They find a noun whatever clings to it."""
    return [run[place : place + 2] for place in range(len(run) - 1)] or [run]


def rarity_of(count: int, documents: int) -> float | None:
    return math.log(documents / count) if count else None
