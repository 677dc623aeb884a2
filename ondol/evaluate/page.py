"""The report as one HTML page that needs nothing else: no network, no script, no font."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import resources
from itertools import combinations

from ondol.evaluate.markup import Markup, join, tag
from ondol.evaluate.plots import difference_plot, interval_bar, span_bar
from ondol.evaluate.retrieval import Evaluation, QuestionResult
from ondol.evaluate.words import advice, notes, number, signed, verdict_word
from ondol.lang import interface_language, translate
from ondol.scoring.statistics import Comparison, Estimate

COLOURS = 6
WORST = 20
"""Questions in the table of the worst ones."""
SHOWN = 3
"""Documents shown of what a setting found."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""The browser refuses whatever the page would fetch or run."""


def write_page(evaluation: Evaluation, *, about: Mapping[str, str], titles: Mapping[str, str]) -> str:
    """The whole page, in the reader's language.

    Args:
        about: lines that say what was measured, label → value; the labels are English templates.
        titles: document → what people call it.
    """
    title = translate("Evaluation of retrieval")
    return write_document(title, _sections(evaluation, title, about, titles))


def write_document(title: str, sections: Iterable[Markup]) -> str:
    """A whole page that fetches and runs nothing."""
    css = resources.files("ondol").joinpath("evaluate/page.css").read_text(encoding="utf-8")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", Markup(css)),
    )
    body = tag("body", tag("main", *sections))
    return f"<!doctype html>\n{tag('html', head, body, lang=interface_language())}\n"


def _sections(
    evaluation: Evaluation, title: str, about: Mapping[str, str], titles: Mapping[str, str]
) -> Iterable[Markup]:
    facts = {**about, "Questions": f"{evaluation.n:,}", "Documents looked at": str(evaluation.k)}
    yield tag("h1", title)
    yield tag("p", " · ".join(f"{translate(label)}: {value}" for label, value in facts.items()), class_="quiet")
    for note in notes(evaluation):
        yield tag("p", note, class_="note")
    yield tag("h2", translate("Quality"))
    yield tag("p", translate("The line on each bar is the 95 % interval, by bootstrap over the questions."))
    yield tag("div", *(_metric(evaluation, name) for name in _metrics(evaluation)), class_="grid")
    if evaluation.pairs:
        yield tag("h2", translate("Compared on the same questions"))
        yield _pairs(evaluation)
        if told := advice(evaluation):
            yield tag("p", _unbroken(told), class_="note")
        yield tag("h2", translate("Question by question"))
        yield tag("div", *_differences(evaluation), class_="grid")
    yield tag("h2", translate("Time of one search"))
    yield _times(evaluation)
    yield tag("h2", translate("The questions that went worst"))
    yield _worst(evaluation, titles)


def _unbroken(text: str) -> Markup:
    """Options stay whole where a line ends."""
    words = (tag("span", word, class_="option") if word.startswith("--") else word for word in text.split())
    return join(*(piece for word in words for piece in (word, " ")))


def _metrics(evaluation: Evaluation) -> list[str]:
    return list(next(iter(evaluation.arms.values())).metrics)


def _colours(evaluation: Evaluation) -> dict[str, str]:
    return {arm: f"var(--arm-{place % COLOURS + 1})" for place, arm in enumerate(evaluation.arms)}


def _named(arm: str, evaluation: Evaluation) -> Markup:
    dot = tag("span", class_="dot", style=f"background:{_colours(evaluation)[arm]}")
    return tag("span", dot, arm, class_="name")


def _metric(evaluation: Evaluation, name: str) -> Markup:
    rows = []
    for arm, result in evaluation.arms.items():
        estimate = result.metrics[name]
        told = f"{number(estimate.value)} ({_range(estimate)})"
        bar = interval_bar(estimate, colour=_colours(evaluation)[arm], label=f"{arm}: {name} {told}")
        value = tag("span", tag("b", number(estimate.value)), f"  {_range(estimate)}", class_="number")
        rows.append(tag("div", _named(arm, evaluation), value, bar, class_="row"))
    return tag("figure", tag("h3", name), *rows, class_="card")


def _range(estimate: Estimate) -> str:
    return f"{number(estimate.low)}–{number(estimate.high)}"


def _pairs(evaluation: Evaluation) -> Markup:
    """A row for every two settings, a column for every metric."""
    labels = [translate("Settings"), *_metrics(evaluation)]
    rows = []
    for a, b in combinations(evaluation.arms, 2):
        names = join(_named(a, evaluation), " − ", _named(b, evaluation))
        cells = [names, *(_difference(pair) for pair in evaluation.pairs if (pair.a, pair.b) == (a, b))]
        rows.append(tag("tr", *(_cell(*row) for row in zip(labels, cells, strict=True))))
    return tag("table", _head(labels), tag("tbody", *rows))


def _difference(pair: Comparison) -> Markup:
    ends = translate("{low} to {high}", low=signed(pair.difference.low), high=signed(pair.difference.high))
    shown = tag("b", signed(pair.difference.value), class_="number")
    return join(shown, " ", tag("span", ends, class_="range"), " ", tag("span", verdict_word(pair), class_="verdict"))


def _cell(label: str, content: str) -> Markup:
    return tag("td", content, data_label=label)


def _head(labels: Iterable[str]) -> Markup:
    return tag("thead", tag("tr", *(tag("th", label, scope="col") for label in labels)))


def _differences(evaluation: Evaluation) -> Iterable[Markup]:
    main, colours = evaluation.main, _colours(evaluation)
    for a, b in combinations(evaluation.arms, 2):
        values = [row.arms[a].metrics[main] - row.arms[b].metrics[main] for row in evaluation.queries]
        better, worse = sum(value > 0 for value in values), sum(value < 0 for value in values)
        told = translate(
            "{a} better on {better}, {b} better on {worse}, the same on {same}",
            a=a, b=b, better=better, worse=worse, same=len(values) - better - worse,
        )  # fmt: skip
        plot = difference_plot(values, above=colours[a], below=colours[b], label=f"{a} − {b}: {told}")
        top, bottom = (tag("div", text, class_="quiet") for text in (f"+1 {a}", f"−1 {b}"))
        yield tag(
            "figure", tag("h3", f"{a} − {b}, {main}"), top, plot, bottom, tag("figcaption", told), class_="card"
        )  # fmt: skip


def _times(evaluation: Evaluation) -> Markup:
    most = max(result.ms["p95"] for result in evaluation.arms.values())
    rows = []
    for arm, result in evaluation.arms.items():
        told = translate("half under {p50:.1f} ms, 95 % under {p95:.1f} ms", p50=result.ms["p50"], p95=result.ms["p95"])
        bar = span_bar(result.ms["p50"], result.ms["p95"], most, colour=_colours(evaluation)[arm], label=told)
        rows.append(tag("div", _named(arm, evaluation), tag("span", told, class_="number"), bar, class_="row"))
    return tag("figure", *rows, class_="card")


def _worst(evaluation: Evaluation, titles: Mapping[str, str]) -> Markup:
    """By the first setting, and where that says the same, by all of them together."""
    main = evaluation.main

    def merit(row: QuestionResult) -> tuple[float, float]:
        values = [answered.metrics[main] for answered in row.arms.values()]
        return values[0], sum(values)

    worst = [row for row in sorted(evaluation.queries, key=merit) if merit(row)[0] < 1][:WORST]
    if not worst:
        return tag("p", translate("None: every question found its documents first."))
    labels = [translate(label) for label in ("Question", "Expected", "Found first")]
    rows = []
    for row in worst:
        expected = tag("ul", *(tag("li", titles.get(name, name)) for name in row.expected[:SHOWN]))
        cells = (row.question, expected, join(*_found(row, evaluation, titles)))
        rows.append(tag("tr", *(_cell(*pair) for pair in zip(labels, cells, strict=True))))
    return tag("table", _head(labels), tag("tbody", *rows), class_="worst")


def _found(row: QuestionResult, evaluation: Evaluation, titles: Mapping[str, str]) -> Iterable[Markup]:
    for arm, answered in row.arms.items():
        ranks = [rank for rank, name in enumerate(answered.found, 1) if name in row.expected]
        place = translate("first right one: {rank}", rank=ranks[0]) if ranks else translate("no right one")
        score = f" {evaluation.main} {number(answered.metrics[evaluation.main])}, {place}"
        items = [
            tag("li", titles.get(name, name), class_="right" if name in row.expected else None)
            for name in answered.found[:SHOWN]
        ]
        listed = tag("ol", *items) if items else tag("div", translate("nothing"), class_="quiet")
        yield tag("div", _named(arm, evaluation), tag("span", score, class_="quiet"), listed, class_="arm")
