"""The shortest part of a quoted sentence that answers."""

from __future__ import annotations

import re

from ondol.answer.question_kind import is_korean, question_kind, spans_of_kind
from ondol.answer.terms import question_terms, terms, words
from ondol.answer.units import in_unit, names_unit
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

    What the question says itself, footnote and list marks and numbers of articles are passed over. So are bare years
    for a count, numbers without a unit for a measure, and, when the question names a unit (`몇 명`), other units.
    """
    kind = question_kind(question)
    asked = question_terms(question)
    spans = [
        span for span in spans_of_kind(kind, sentence) if not _is_mark(sentence, *span)
        and not _is_known(question, sentence[slice(*span)], asked)
    ]  # fmt: skip
    if kind == "number":
        bare = BARE if MEASURE.search(question) else YEAR
        spans = [span for span in spans if not bare.fullmatch(sentence[slice(*span)])]
    korean = is_korean(sentence)
    if is_korean(question) != korean:  # no shared words tell which of several numbers is meant
        spans = [s for s in spans if names_unit(question, sentence[slice(*s)], korean=korean)] or spans
    spans = [span for span in spans if in_unit(question, sentence[slice(*span)], korean=korean)]
    if not spans:
        return None
    shared = [(start + end) / 2 for start, end in words(sentence) if terms(sentence[start:end]) & asked]
    start, end = min(spans, key=lambda span: min((abs(sum(span) / 2 - place) for place in shared), default=0))
    return sentence[start:end].strip()


def _is_known(question: str, span: str, asked: set[str]) -> bool:
    return bool(set(DIGITS.findall(question)) & set(DIGITS.findall(span))) or terms(span) <= asked


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
    if sentence[start - 1 : start] == "제" or (start == 0 and sentence[end : end + 2] in (". ", ") ")):
        return True
    return sentence[start - 1 : start] == "[" and sentence[end : end + 1] == "]"
