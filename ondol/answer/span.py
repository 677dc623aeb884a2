"""The shortest part of a quoted sentence that answers."""

from __future__ import annotations

import re

from ondol.answer.question_kind import question_kind, spans_of_kind
from ondol.answer.terms import question_terms, terms, words
from ondol.lang import nfc

SHARE = 0.6
"""Of a sentence: a longer span does not make it shorter for the reader."""
DIGITS = re.compile(r"\d+")
YEAR = re.compile(r"1\d{3}|20\d\d")
BARE = re.compile(r"[\d.,]+")
MEASURE = re.compile(
    r"\bhow (?:long|old|far|tall|big|large|high|deep|wide|heavy)\b|길이|높이|면적|무게|온도|거리", re.IGNORECASE
)


def find_span(question: str, sentence: str) -> str | None:
    """The number or time in `sentence` nearest to the words it shares with a question that asks for one.

    What the question says itself, footnote and list marks are passed over, and so are bare years for a count and
    numbers without a unit for a measure.
    """
    kind = question_kind(question)
    known, asked = set(DIGITS.findall(question)), question_terms(question)
    spans = [
        (start, end)
        for start, end in spans_of_kind(kind, sentence)
        if not known & set(DIGITS.findall(sentence[start:end]))
        and not terms(sentence[start:end]) <= asked
        and not _is_mark(sentence, start, end)
    ]
    if kind == "number":
        bare = BARE if MEASURE.search(question) else YEAR
        spans = [span for span in spans if not bare.fullmatch(sentence[slice(*span)])]
    if not spans:
        return None
    shared = [(start + end) / 2 for start, end in words(sentence) if terms(sentence[start:end]) & asked]
    start, end = min(spans, key=lambda span: min((abs(sum(span) / 2 - place) for place in shared), default=0))
    return sentence[start:end].strip()


def locate_span(question: str, candidate: str, sentence: str) -> str | None:
    """`candidate` as it stands in `sentence`, whatever its case and spaces.

    None when it does not stand there, is most of the sentence, or says nothing that the question did not say.
    """
    wanted = re.sub(r"\s+", "", nfc(candidate).strip(" \t\n.,;:!?\"'“”‘’()[]"))
    found = re.search(r"\s*".join(map(re.escape, wanted)), sentence, re.IGNORECASE) if wanted else None
    if not found or len(found[0]) > SHARE * len(sentence) or terms(found[0]) <= question_terms(question):
        return None
    return found[0]


def _is_mark(sentence: str, start: int, end: int) -> bool:
    if start == 0 and sentence[end : end + 2] in (". ", ") "):
        return True
    return sentence[start - 1 : start] == "[" and sentence[end : end + 1] == "]"
