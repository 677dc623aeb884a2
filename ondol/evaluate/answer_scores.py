"""What is measured of a reply to one question, and in which direction it is good."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ondol.answer.support import strip_marks
from ondol.evaluate.answer_questions import AnswerQuestion
from ondol.evaluate.answers_arms import Reply
from ondol.evaluate.grounding import groundedness
from ondol.lang import detect_language, nfc
from ondol.scoring.answer_metrics import chrf, em_and_f1, f1, repetition, rouge_l
from ondol.scoring.answer_text import (
    WORDS,
    normalise_korquad,
    normalise_squad,
    normalise_without_particles,
    units_without_particles,
)


@dataclass(frozen=True, slots=True)
class Metric:
    label: str
    """English template for people."""
    higher: bool = True
    """Whether more is better."""
    bounded: bool = True
    """Between 0 and 1."""


METRICS = {
    "f1": Metric("F1"),
    "em": Metric("Exact match"),
    "short_f1": Metric("F1 of the short answer"),
    "short_em": Metric("Exact match of the short answer"),
    "contains": Metric("A right answer stands in it"),
    "f1_without_particles": Metric("F1 without particles (not official)"),
    "em_without_particles": Metric("Exact match without particles (not official)"),
    "rouge_l": Metric("ROUGE-L"),
    "chrf": Metric("chrF"),
    "nll": Metric("NLL of a token of the right answer", higher=False, bounded=False),
    "bits_per_byte": Metric("Bits a byte of the right answer", higher=False, bounded=False),
    "answered": Metric("Answered, where there is an answer"),
    "refused": Metric("Refused, where there is no answer"),
    "cited": Metric("Cites a document"),
    "citation_precision": Metric("Citations of the right document"),
    "grounded": Metric("Sentences that their chunks bear out"),
    "stopped": Metric("Ends by itself"),
    "repetition": Metric("Repeats itself", higher=False),
    "same_language": Metric("In the language of the question"),
}
"""The order in which they are shown."""
MAIN = ("f1", "refused")
"""Those that decide between arms: on questions with an answer, and on those without."""
OPENING = 100
"""Characters in which a model says that it does not know; further on the same words are a part of its answer."""
REFUSAL = re.compile(
    r"\b(?:not in the (?:sources|documents)|(?:do|does|did) not know|don['’]t know|cannot (?:answer|tell|determine)"
    r"|can['’]t (?:answer|tell|determine)|no (?:answer|information)|unanswerable)\b"
    r"|자료에 없|문서에 없|모르겠|모릅니다|알 수 없|알려진 바가 없|답할 수 없|정보가 없|확인할 수 없",
    re.IGNORECASE,
)
FRAMED = re.compile(r"(?:The Korean source says:|영어 문서에는 이렇게 적혀 있습니다:)?\s*“(.*?)”", re.DOTALL)


def score(question: AnswerQuestion, reply: Reply) -> dict[str, float | None]:
    """Every metric of `METRICS`; None where it does not apply.

    An abstention or a refusal has no words that could be right: they are compared as an empty text.
    """
    text = plain_answer(reply)
    refused = reply.abstained or not text or (not reply.documents and bool(REFUSAL.search(text[:OPENING])))
    values = dict[str, float | None].fromkeys(METRICS)
    if question.answerable and question.answers:
        values |= _likeness(question, "" if refused else text) | _likelihood(question, reply)
        if reply.documents:
            short = "" if refused else reply.short or text
            em, overlap = em_and_f1(short, question.answers, question.language)
            values |= {"short_em": em, "short_f1": overlap}
    if question.answerable:
        values["answered"] = float(not refused)
    else:
        values["refused"] = float(refused)
    values |= {"stopped": float(reply.finish_reason == "stop"), "repetition": repetition(text)}
    if any(map(str.isalpha, text)):
        values["same_language"] = float(detect_language(text) == question.language)
    return values | (_citations(question, reply) if reply.documents and not reply.abstained else {})


def plain_answer(reply: Reply) -> str:
    """The words alone: without marks, and without what ondol puts around a quote."""
    text = strip_marks(nfc(reply.text)).strip()
    return FRAMED.sub(lambda found: found[1], text).strip() if reply.quoted else text


def _likeness(question: AnswerQuestion, said: str) -> dict[str, float | None]:
    korean, words = question.language == "ko", WORDS[question.language]
    normal = normalise_korquad if korean else normalise_squad

    def best(measure: Callable[[str], float]) -> float:
        return max(map(measure, question.answers))

    spoken, cut = normal(said), words(said)
    em, overlap = em_and_f1(said, question.answers, question.language)
    values: dict[str, float | None] = {
        "em": em,
        "f1": overlap,
        "contains": best(lambda answer: float(_stands_in(normal(answer), spoken, korean=korean))),
        "rouge_l": best(lambda answer: rouge_l(cut, words(answer))),
        "chrf": best(lambda answer: chrf(said, answer)),
    }
    if korean:
        bare, syllables = normalise_without_particles(said), units_without_particles(said)
        values["em_without_particles"] = best(lambda answer: float(normalise_without_particles(answer) == bare))
        values["f1_without_particles"] = best(lambda answer: f1(syllables, units_without_particles(answer)))
    return values


def _stands_in(answer: str, text: str, *, korean: bool) -> bool:
    """As whole words; in Korean particles may follow, so words may go on, and spaces differ between writers."""
    if korean:
        return bool(answer) and answer.replace(" ", "") in text.replace(" ", "")
    return bool(answer) and f" {answer} " in f" {text} "


def _likelihood(question: AnswerQuestion, reply: Reply) -> dict[str, float | None]:
    """Of the first reference, with the end of the reply."""
    if reply.logprob is None or not reply.tokens:
        return {}
    size = len(question.answers[0].encode())
    return {"nll": -reply.logprob / reply.tokens, "bits_per_byte": -reply.logprob / math.log(2) / size}


def _citations(question: AnswerQuestion, reply: Reply) -> dict[str, float | None]:
    documents: Sequence[str] = list(reply.cited.values())
    right = sum(document == question.context_id for document in documents)
    return {
        "cited": float(bool(documents)),
        "citation_precision": right / len(documents) if documents and question.context_id else None,
        "grounded": groundedness(reply.text, reply.sources),
    }
