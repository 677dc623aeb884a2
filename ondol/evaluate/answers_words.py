"""What an evaluation of answers says in words: the same on the terminal, in JSON and on the page."""

from __future__ import annotations

from typing import Any

from ondol.evaluate.answer_scores import MAIN, METRICS
from ondol.evaluate.answers import SURE, AnswerComparison, AnswerEvaluation
from ondol.evaluate.forgetting import Forgetting
from ondol.evaluate.words import FEW, signed
from ondol.lang import Language, translate
from ondol.scoring.statistics import FEWEST

LANGUAGES: dict[Language, str] = {"en": "English", "ko": "Korean"}


def language_name(language: Language) -> str:
    return translate(LANGUAGES[language])


def metric_label(name: str) -> str:
    return translate(METRICS[name].label)


def answers_notes(evaluation: AnswerEvaluation) -> list[str]:
    """What a reader must know before believing the figures."""
    told = []
    for language, means in evaluation.means.items():
        n = next(iter(means.values())).n
        if n < FEW:
            told.append(
                translate("{spoken}: with {n} questions only large differences can show.",
                          spoken=language_name(language), n=n)
            )  # fmt: skip
    if failed := sum(bool(reply.problem) for reply in evaluation.replies.values()):
        told.append(translate("Replies that did not come, counted as wrong: {count}.", count=failed))
    if evaluation.questions.problems:
        told.append(
            translate("Rows that are no question with an answer, left out: {count} (the first: {problem}).",
                      count=len(evaluation.questions.problems), problem=evaluation.questions.problems[0])
        )  # fmt: skip
    return told


def answers_verdict(pair: AnswerComparison) -> str:
    """One sentence about two arms in one language."""
    better = pair.verdict != "worse"
    a, b = (pair.a, pair.b) if better else (pair.b, pair.a)
    value, low, high = pair.difference.value, pair.difference.low, pair.difference.high
    if not better and METRICS[pair.metric].higher:
        value, low, high = -value, -high, -low
    values: dict[str, Any] = {
        "a": a, "b": b, "spoken": language_name(pair.language), "metric": metric_label(pair.metric), "n": pair.n,
        "value": signed(value), "low": signed(low), "high": signed(high), "p": f"{pair.p_holm or pair.p:.3f}",
        "count": pair.differing, "family": pair.family, "detectable": f"{pair.detectable or 0:.2f}",
    }  # fmt: skip
    return translate(_template(pair), **values)


def _template(pair: AnswerComparison) -> str:
    if pair.verdict != "no difference shown":
        if pair.metric == MAIN[0]:
            return "{a} answers better than {b} in {spoken}: {metric} {value} [{low}, {high}], n = {n}."
        return "{a} refuses better than {b} in {spoken}: {metric} {value} [{low}, {high}], n = {n}."
    if pair.differing < FEWEST:
        return "{a} and {b} in {spoken}, {metric}: no evidence either way (only {count} questions differ, n = {n})."
    if pair.p < SURE:
        return (
            "{a} and {b} in {spoken}: {metric} {value} [{low}, {high}], n = {n}; no evidence once all {family} "
            "comparisons count (p = {p})."
        )
    return (
        "{a} and {b} in {spoken}, {metric}: no evidence either way (n = {n}; a difference below {detectable} could "
        "not have been seen)."
    )


def best_sentence(evaluation: AnswerEvaluation, language: Language) -> str:
    """Which arm to take; empty where there is only one."""
    if len(evaluation.arms) < 2:
        return ""
    best = evaluation.best(language)
    if best is None:
        return translate("{spoken}: no arm is shown to be the best.", spoken=language_name(language))
    return translate("{spoken}: {arm} is the best.", spoken=language_name(language), arm=best)


def forgetting_sentence(row: Forgetting, language: Language) -> str:
    """What happened to general text; empty where two models were not compared."""
    if row.change is None:
        return ""
    template = {
        "worse": "General text in {spoken}: {value} bits a byte [{low}, {high}], n = {n}: tuned has forgotten.",
        "better": "General text in {spoken}: {value} bits a byte [{low}, {high}], n = {n}: tuned expects it better.",
        "no difference shown": "General text in {spoken}: {value} bits a byte [{low}, {high}], n = {n}: no evidence "
        "that tuned has forgotten.",
    }[row.verdict]
    value, low, high = (signed(number) for number in (row.change.value, row.change.low, row.change.high))
    return translate(template, spoken=language_name(language), value=value, low=low, high=high, n=row.n)
