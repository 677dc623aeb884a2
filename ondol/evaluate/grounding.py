"""Does an answer say what its sources say? By words, without a judge."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from ondol.answer.amounts import amounts_agree
from ondol.answer.proof import LATIN
from ondol.answer.support import MARK, strip_marks
from ondol.answer.terms import terms
from ondol.lang import detect_language, nfc
from ondol.lexical.morphemes import Morphemes

QUOTE = re.compile("“(.+?)”", re.DOTALL)
LETTERS = re.compile(r"\w")


def groundedness(answer: str, sources: Mapping[int, str]) -> float | None:
    """Share of the sentences whose numbers, names and content morphemes all stand in the chunks they cite.

    A sentence without a mark is not grounded; one that is a part of its chunk, letter by letter, is. Where sentence
    and chunk are in different languages, only numbers and names in Latin letters are compared.

    Args:
        sources: mark → text of the chunk it stands for.

    Returns:
        None for an answer without a sentence.
    """
    claims = split_claims(answer)
    if not claims:
        return None
    return sum(_grounded(claim, [sources.get(mark, "") for mark in marks]) for claim, marks in claims) / len(claims)


def split_claims(answer: str) -> list[tuple[str, list[int]]]:
    """`One. [1] Two. [2, 3]` → `[("One.", [1]), ("Two.", [2, 3])]`; what follows the last mark has none."""
    answer = QUOTE.sub(lambda found: strip_marks(found[0]), answer)  # a source has footnote marks of its own
    claims: list[tuple[str, list[int]]] = []
    start = 0
    for found in MARK.finditer(answer):
        marks = [int(mark) for mark in found[1].split(",")]
        claim = answer[start : found.start()].strip()
        if LETTERS.search(claim):
            claims.append((claim, marks))
        elif claims:  # two marks behind one sentence
            claims[-1][1].extend(marks)
        start = found.end()
    rest = answer[start:].strip()
    return [*claims, (rest, [])] if LETTERS.search(rest) else claims


def _grounded(claim: str, chunks: Sequence[str]) -> bool:
    source = nfc("\n".join(chunks))
    if not source.strip():
        return False
    quote = QUOTE.search(claim)
    claim = nfc(quote[1] if quote else claim)
    if _plain(claim) in _plain(source):
        return True
    if not amounts_agree(source, claim):
        return False
    language = detect_language(claim)
    if language != detect_language(source):
        return language == "en" or terms(" ".join(LATIN.findall(claim))) <= terms(source)
    return _content(claim) <= _content(source)


def _content(text: str) -> set[str]:
    """English stems, and Korean content morphemes; numbers are compared as amounts."""
    latin = terms(" ".join(LATIN.findall(text)))
    return latin | set(_morphemes().analyse([text])[0])


@cache
def _morphemes() -> Morphemes:
    return Morphemes()


def _plain(text: str) -> str:
    return re.sub(r"\W+", "", strip_marks(text)).lower()
