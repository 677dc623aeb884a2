"""Texts of answers, made comparable: normalised as SQuAD and KorQuAD do, cut into words, without Korean particles."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from itertools import takewhile
from typing import Any

from ondol.lang import Language, nfc
from ondol.lexical import morphemes

ARTICLES = re.compile(r"\b(?:a|an|the)\b")
PUNCTUATION = str.maketrans("", "", string.punctuation)
BRACKETS = str.maketrans(dict.fromkeys("'\"《》<>〈〉()‘’", " "))
WORD = re.compile(r"\w+")
HANGUL = re.compile("[가-힣]")
WRITTEN = ("SL", "SH", "SN", "W_")
"""Signs of Kiwi's that are words all the same: Latin and Han letters, numbers, addresses."""


def normalise_squad(text: str) -> str:
    """Lower case, no ASCII punctuation, no articles, single spaces.

    Source: Rajpurkar et al., EMNLP 2016 (SQuAD 1.1); NFC before it is ours.
    """
    return " ".join(ARTICLES.sub(" ", nfc(text).lower().translate(PUNCTUATION)).split())


def normalise_korquad(text: str) -> str:
    """Quotes and brackets become spaces; lower case, no ASCII punctuation, single spaces.

    Source: Lim et al., 2019 (KorQuAD 1.0); NFC before it is ours.
    """
    return " ".join(nfc(text).translate(BRACKETS).lower().translate(PUNCTUATION).split())


def normalise_without_particles(text: str) -> str:
    """As KorQuAD, then every word without its trailing particles, the copula among them (`세종이었다` → `세종`).

    This is no official figure: KorQuAD leaves particles where they are.
    """
    text = normalise_korquad(text)
    tokens = _tokenize(text) if HANGUL.search(text) else []
    words = []
    for found in re.finditer(r"\S+", text):
        inside = [token for token in tokens if found.start() <= token.start < found.end()]
        words.append(text[found.start() : _end_of_stem(inside, found.start(), found.end())])
    return " ".join(words)


def squad_units(text: str) -> list[str]:
    """What F1 counts in English: words."""
    return normalise_squad(text).split()


def korquad_units(text: str) -> list[str]:
    """What F1 counts in Korean: characters."""
    return [char for char in normalise_korquad(text) if char != " "]


def units_without_particles(text: str) -> list[str]:
    return [char for char in normalise_without_particles(text) if char != " "]


def english_words(text: str) -> list[str]:
    """Words in lower case, as ROUGE compares them; nothing is stemmed."""
    return WORD.findall(nfc(text).lower())


def korean_morphemes(text: str) -> list[str]:
    """All morphemes in lower case, without punctuation."""
    return [token.form.lower() for token in _tokenize(nfc(text)) if token.tag[0] != "S" or token.tag in WRITTEN]


WORDS: dict[Language, Callable[[str], list[str]]] = {"en": english_words, "ko": korean_morphemes}


def _end_of_stem(tokens: list[Any], start: int, end: int) -> int:
    """Where the particles at the end of a word begin, and the copula with its endings; a stem is never empty."""
    tail = list(takewhile(lambda token: token.tag[0] in "JE" or token.tag == "VCP", reversed(tokens)))
    while tail and tail[-1].tag[0] == "E":  # an ending of a verb is no particle, that of a copula belongs to it
        tail.pop()
    return int(tail[-1].start) if tail and tail[-1].start > start else end


def _tokenize(text: str) -> list[Any]:
    tokens: list[Any] = morphemes.load_kiwi(()).tokenize(text)
    return tokens
