"""The shortest part of a quoted sentence that answers."""

from __future__ import annotations

import re

from ondol.answer.question_kind import question_kind, spans_of_kind
from ondol.answer.terms import question_terms, terms, words
from ondol.lang import nfc

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


def locate_span(candidate: str, sentences: list[str]) -> str | None:
    """`candidate` as it stands in the first sentence that holds it, whatever its case and spaces; else None."""
    wanted = nfc(candidate).strip(" \t\n.,;:!?\"'“”‘’()[]")
    if not wanted:
        return None
    pattern = re.compile(r"\s*".join(map(re.escape, re.sub(r"\s+", "", wanted))), re.IGNORECASE)
    return next((match[0] for sentence in sentences if (match := pattern.search(sentence))), None)


def _is_mark(sentence: str, start: int, end: int) -> bool:
    if start == 0 and sentence[end : end + 2] in (". ", ") "):
        return True
    return sentence[start - 1 : start] == "[" and sentence[end : end + 1] == "]"
