"""What an evaluation says in words: the same on the terminal and on the page."""

from __future__ import annotations

from ondol.evaluate.arms import RERANK
from ondol.evaluate.retrieval import Evaluation
from ondol.lang import translate
from ondol.scoring.statistics import Comparison

FEW = 50
"""Below this an interval of a rate of one half is wider than 0.28."""


def number(value: float) -> str:
    return f"{value:.3f}"


def signed(value: float) -> str:
    """With its sign, a real minus, and no sign for what rounds to zero."""
    text = f"{value:+.3f}".replace("-", "−")
    return text[1:] if float(f"{value:.3f}") == 0 else text


def notes(evaluation: Evaluation) -> list[str]:
    """What a reader must know about the questions before believing the figures."""
    found, told = evaluation.set, []
    if found.synthetic:
        told.append(
            translate(
                "{count} of {n} questions were made from the documents: such questions favour words over meaning, "
                "so a search for words looks better here than it is.",
                count=found.synthetic, n=evaluation.n,
            )
        )  # fmt: skip
    if evaluation.n < FEW:
        told.append(translate("With {n} questions only large differences can show.", n=evaluation.n))
    if found.unknown_documents:
        told.append(
            translate(
                "Judged documents that the collection lacks: {documents}; questions left out for it: {questions}.",
                documents=found.unknown_documents, questions=found.left_out,
            )
        )  # fmt: skip
    if found.without_judgement:
        told.append(
            translate("Questions without a relevant document, left out: {count}.", count=found.without_judgement)
        )
    if found.without_question:
        told.append(translate("Judged questions whose text is not in the file: {count}.", count=found.without_question))
    return told


def verdict_word(pair: Comparison) -> str:
    """The verdict about the first setting, with an arrow for those who see no colours."""
    word = translate(pair.verdict)
    return f"{ {'better': '▲ ', 'worse': '▼ '}.get(pair.verdict, '') }{word}"


def verdict_sentence(pair: Comparison) -> str:
    """`hybrid is better than dense: +0.023 (+0.010…+0.036)`."""
    better = pair.verdict != "worse"
    template = "No difference shown between {a} and {b}: {value} ({low}…{high})"
    if pair.verdict != "no difference shown":
        template = "{a} is better than {b}: {value} ({low}…{high})"
    value, ends = pair.difference.value, (pair.difference.low, pair.difference.high)
    value, (low, high) = (value, ends) if better else (-value, (-ends[1], -ends[0]))
    a, b = (pair.a, pair.b) if better else (pair.b, pair.a)
    return translate(template, a=a, b=b, value=signed(value), low=signed(low), high=signed(high))


def advice(evaluation: Evaluation) -> str:
    """The setting to take, when one is clearly better than another; empty when none is.

    Of those that are not clearly worse than the best one, the fastest.
    """
    lost = set[tuple[str, str]]()
    for pair in evaluation.pairs:
        if pair.metric == evaluation.main and pair.verdict != "no difference shown":
            lost.add((pair.a, pair.b) if pair.verdict == "worse" else (pair.b, pair.a))
    if not lost:
        return ""
    best = max(evaluation.arms, key=lambda arm: evaluation.arms[arm].metrics[evaluation.main].value)
    good = [arm for arm in evaluation.arms if (arm, best) not in lost]
    chosen = min(good, key=lambda arm: evaluation.arms[arm].ms["p50"])
    template = "To search these documents like {arm}: --mode {mode}"
    if chosen.endswith(RERANK):
        template = "To search these documents like {arm}: --mode {mode} --reranker SPEC"
    return translate(template, arm=chosen, mode=chosen.removesuffix(RERANK))
