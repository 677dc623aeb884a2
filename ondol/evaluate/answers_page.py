"""The report on answers as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ondol.evaluate.answer_questions import AnswerQuestion
from ondol.evaluate.answer_scores import MAIN, METRICS
from ondol.evaluate.answers import AnswerComparison, AnswerEvaluation
from ondol.evaluate.answers_words import (
    answers_notes,
    answers_verdict,
    best_sentence,
    forgetting_sentence,
    language_name,
    metric_label,
)
from ondol.evaluate.markup import Markup, join, tag
from ondol.evaluate.page import COLOURS, write_document
from ondol.evaluate.plots import difference_plot, interval_bar
from ondol.evaluate.words import number, signed
from ondol.lang import Language, translate
from ondol.scoring.statistics import Estimate

SHOWN = 200
"""Questions whose answers stand side by side; the others are in the file of replies."""


def write_answers_page(evaluation: AnswerEvaluation, *, about: Mapping[str, str]) -> str:
    """The whole page, in the reader's language.

    Args:
        about: lines that say what was measured, label → value; the labels are English templates.
    """
    title = translate("Evaluation of answers")
    return write_document(title, _sections(evaluation, title, about))


def _sections(evaluation: AnswerEvaluation, title: str, about: Mapping[str, str]) -> Iterable[Markup]:
    facts = {**about, "Questions": f"{evaluation.n:,}"}
    yield tag("h1", title)
    yield tag("p", " · ".join(f"{translate(label)}: {value}" for label, value in facts.items()), class_="quiet")
    for note in answers_notes(evaluation):
        yield tag("p", note, class_="note")
    if evaluation.main_pairs:
        yield tag("h2", translate("Compared on the same questions"))
        for language in evaluation.means:
            yield tag("p", tag("b", best_sentence(evaluation, language)))
        yield tag("ul", *(tag("li", answers_verdict(pair)) for pair in evaluation.main_pairs))
        yield tag("div", *(_difference(evaluation, pair) for pair in evaluation.main_pairs), class_="grid")
    for language in evaluation.means:
        yield from _quality(evaluation, language)
    if evaluation.forgetting:
        yield tag("h2", translate("General text: has the model forgotten?"))
        yield tag("div", *(_forgetting(evaluation, language) for language in evaluation.forgetting), class_="grid")
    yield tag("h2", translate("Answers side by side"))
    yield from _side_by_side(evaluation)


def _named(arm: str, evaluation: AnswerEvaluation) -> Markup:
    dot = tag("span", class_="dot", style=f"background:{_colour(arm, evaluation)}")
    return tag("span", dot, arm, class_="name")


def _colour(arm: str, evaluation: AnswerEvaluation) -> str:
    return f"var(--arm-{list(evaluation.arms).index(arm) % COLOURS + 1})"


def _quality(evaluation: AnswerEvaluation, language: Language) -> Iterable[Markup]:
    means = evaluation.means[language]
    n = next(iter(means.values())).n
    yield tag("h2", translate("Quality in {spoken}", spoken=language_name(language)))
    told = translate("The line on each bar is the 95 % interval, by bootstrap over the questions.")
    yield tag("p", f"n = {n}. {told}")
    names = [name for name in METRICS if any(name in arm.metrics for arm in means.values())]
    yield tag("div", *(_metric(evaluation, language, name) for name in names), class_="grid")


def _metric(evaluation: AnswerEvaluation, language: Language, name: str) -> Markup:
    rows, label = [], metric_label(name)
    most = max(arm.metrics[name].high for arm in evaluation.means[language].values() if name in arm.metrics)
    counts = set[int]()
    for arm, means in evaluation.means[language].items():
        if estimate := means.metrics.get(name):
            rows.append(_bar(evaluation, arm, estimate, label, 1.0 if METRICS[name].bounded else most))
            counts.add(means.counts[name])
    told = [translate("more is better") if METRICS[name].higher else translate("less is better")]
    if counts != {means.n}:
        told.append(f"n = {', '.join(map(str, sorted(counts)))}")
    return tag(
        "figure", tag("h3", label), *rows, tag("figcaption", " · ".join(told)), class_="card"
    )  # fmt: skip


def _bar(evaluation: AnswerEvaluation, arm: str, estimate: Estimate, label: str, most: float) -> Markup:
    """The width of the bar is `most`."""
    ends = f"{number(estimate.low)}–{number(estimate.high)}"
    scaled = Estimate(*(value / (most or 1.0) for value in (estimate.value, estimate.low, estimate.high)))
    bar = interval_bar(
        scaled, colour=_colour(arm, evaluation), label=f"{arm}: {label} {number(estimate.value)} ({ends})"
    )  # fmt: skip
    value = tag("span", tag("b", number(estimate.value)), f"  {ends}", class_="number")
    return tag("div", _named(arm, evaluation), value, bar, class_="row")


def _difference(evaluation: AnswerEvaluation, pair: AnswerComparison) -> Markup:
    values = []
    for row in evaluation.questions.rows:
        a, b = (evaluation.scores[arm, row.id][pair.metric] for arm in (pair.a, pair.b))
        if row.language == pair.language and a is not None and b is not None:
            values.append(a - b)
    better, worse = sum(value > 0 for value in values), sum(value < 0 for value in values)
    told = translate(
        "{a} better on {better}, {b} better on {worse}, the same on {same}",
        a=pair.a, b=pair.b, better=better, worse=worse, same=len(values) - better - worse,
    )  # fmt: skip
    above, below = _colour(pair.a, evaluation), _colour(pair.b, evaluation)
    plot = difference_plot(values, above=above, below=below, label=f"{pair.a} − {pair.b}: {told}")
    top, bottom = (tag("div", text, class_="quiet") for text in (f"+1 {pair.a}", f"−1 {pair.b}"))
    title = f"{pair.a} − {pair.b}, {metric_label(pair.metric)}, {language_name(pair.language)}"
    return tag("figure", tag("h3", title), top, plot, bottom, tag("figcaption", told), class_="card")


def _forgetting(evaluation: AnswerEvaluation, language: Language) -> Markup:
    row, label = evaluation.forgetting[language], translate("bits a byte, less is better")
    most = max(estimate.high for estimate in row.arms.values())
    bars = [_bar(evaluation, arm, estimate, label, most) for arm, estimate in row.arms.items()]
    told = forgetting_sentence(row, language)
    return tag(
        "figure", tag("h3", f"{language_name(language)}, {label}"), *bars, tag("figcaption", told), class_="card"
    )  # fmt: skip


def _side_by_side(evaluation: AnswerEvaluation) -> Iterable[Markup]:
    """The questions on which the arms differ most come first."""

    def spread(row: AnswerQuestion) -> float:
        name = MAIN[0] if row.answerable else MAIN[1]
        values = [evaluation.scores[arm, row.id][name] or 0.0 for arm in evaluation.arms]
        return max(values) - min(values)

    rows = sorted(evaluation.questions.rows, key=spread, reverse=True)
    if len(rows) > SHOWN:
        yield tag("p", translate("The {count} questions on which the arms differ most.", count=SHOWN))
    labels = [translate(label) for label in ("Question", "Right answer", "Replies")]
    body = []
    for row in rows[:SHOWN]:
        right = tag("ul", *(tag("li", answer) for answer in row.answers))
        cells = (row.question, right if row.answerable else translate("none: to be refused"), _replies(evaluation, row))
        body.append(tag("tr", *(tag("td", *pair[1:], data_label=pair[0]) for pair in zip(labels, cells, strict=True))))
    head = tag("thead", tag("tr", *(tag("th", label, scope="col") for label in labels)))
    yield tag("table", head, tag("tbody", *body), class_="worst")


def _replies(evaluation: AnswerEvaluation, row: AnswerQuestion) -> Markup:
    shown = []
    for arm in evaluation.arms:
        reply, scores = evaluation.replies[arm, row.id], evaluation.scores[arm, row.id]
        names = [name for name in ("f1", "refused", "grounded") if scores[name] is not None]
        told = ", ".join(f"{metric_label(name)} {signed(scores[name] or 0).lstrip('+')}" for name in names)
        if reply.finish_reason == "length":
            told += f", {translate('cut off')}"
        text = tag("div", reply.text or reply.problem or translate("nothing"))
        shown.append(tag("div", _named(arm, evaluation), tag("span", f" {told}", class_="quiet"), text, class_="arm"))
    return join(*shown)
