"""Text → terms, the same way for what is kept and what is asked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from snowballstemmer.english_stemmer import EnglishStemmer

from ondol.lexical.codes import find_codes
from ondol.lexical.korean import cut_word, strip_word, syllable_pairs

WORD = re.compile(r"[가-힣]+(?:\n[가-힣]+)*|[぀-ヿ㐀-鿿]+|\d+(?:[.,:]\d+)*|[^\W\d_가-힣぀-ヿ㐀-鿿]+")
"""Runs of Hangul, of Han and Kana, numbers, words of other letters. A line may break in the middle of a Korean word."""
QUOTED = re.compile(r"\"([^\"]{2,300})\"|“([^”“]{2,300})”|「([^」「]{2,300})」|『([^』『]{2,300})』")
ACCENTS = re.compile("[\u0300-\u036f]")
LONGEST = 4000
"""Characters of a question that are looked at."""
STOP = frozenset(
    """a an the of in on at to for by with from is are was were be been being am do does did has have had what when
    where who whom whose which why how many much it its this that these those and or as there their his her he she
    they you i we me my your our can could would should will may might must s t not no into than then so such about if
    any some please tell""".split()
)
STEMMER = EnglishStemmer()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What of a text is searched for; each list in the order of the text, with repeats."""

    words: list[str]
    """English stems, numbers, words of other languages, Korean content morphemes."""
    pairs: list[str]
    """Pairs of neighbouring Hangul syllables, or Han characters."""
    codes: list[str]
    """Names that count as a whole: `ab-1234/56`, `제56조`, `kim@example.org`."""
    phrases: list[str] = field(default_factory=list)
    """What a question puts in quotation marks, folded."""

    @property
    def count(self) -> int:
        """How many different ones there are, a Korean word counted by its pairs."""
        return len(set(self.pairs)) + len({word for word in self.words if not _is_hangul(word)})

    def by_field(self) -> dict[str, list[str]]:
        return {"words": self.words, "pairs": self.pairs, "codes": self.codes}


def fold(text: str) -> str:
    """One spelling for full-width letters, ligatures, accents and case; Hangul stays composed."""
    text = unicodedata.normalize("NFKC", text).casefold()
    if text.isascii():
        return text
    marks = unicodedata.normalize("NFD", text)
    if not ACCENTS.search(marks):
        return text
    return unicodedata.normalize("NFC", ACCENTS.sub("", marks))


def text_terms(text: str, morphemes: Sequence[str]) -> Terms:
    """Terms of a text that is kept.

    Args:
        morphemes: its Korean content morphemes (`Morphemes`).
    """
    folded = fold(text)
    words, pairs = list(morphemes), list[str]()
    for run in WORD.findall(folded):
        if _is_hangul(run):
            pairs += syllable_pairs(run.replace("\n", ""))
        elif _is_han(run):
            pairs += syllable_pairs(run)
        else:
            words += _word(run)
    return Terms(words=words, pairs=pairs, codes=find_codes(folded))


def question_terms(question: str, rarity: Callable[[str], float | None]) -> Terms:
    """Terms of a question, without what only asks.

    Args:
        rarity: of a Korean word in the index (`cut_word`), None for words that it does not hold.
    """
    folded = fold(question[:LONGEST])
    words, pairs = list[str](), list[str]()
    for run in WORD.findall(folded):
        if _is_hangul(run):
            run = run.replace("\n", "")
            stem = strip_word(run)
            if stem:
                words += cut_word(stem, run, rarity)
                pairs += syllable_pairs(run if len(stem) == 1 else stem)  # of 회의 the stem may be 회, and may not
        elif _is_han(run):
            pairs += syllable_pairs(run)
        else:
            words += _word(run)
    return Terms(words=words, pairs=pairs, codes=find_codes(folded, question=True), phrases=list(_phrases(folded)))


def phrase_terms(phrase: str) -> Terms:
    """Terms that every text with this phrase in it has, whatever clings to its first and last word."""
    runs = WORD.findall(fold(phrase))
    words = [word for run in runs if not _is_hangul(run) and not _is_han(run) for word in _word(run)]
    pairs = [pair for run in runs if _is_hangul(run) or _is_han(run) for pair in syllable_pairs(run)]
    return Terms(words=words[1:-1] or words[:1], pairs=[pair for pair in pairs if len(pair) > 1], codes=[])


def _phrases(folded: str) -> Iterator[str]:
    for groups in QUOTED.findall(folded):
        phrase = " ".join("".join(groups).split())
        if phrase:
            yield phrase


def _word(run: str) -> list[str]:
    """A number with and without commas, a stem, or nothing for a word that says nothing."""
    if run[0].isdigit():
        return [run.replace(",", "")]
    return [] if run in STOP else [stem(run)]


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    return str(STEMMER.stemWord(word)) if word.isascii() else word


def _is_hangul(run: str) -> bool:
    return "가" <= run[0] <= "힣"


def _is_han(run: str) -> bool:
    return "぀" <= run[0] <= "鿿"
