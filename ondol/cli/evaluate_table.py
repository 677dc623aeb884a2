"""An evaluation in the terminal: one row for every metric and setting, with a bar where there is room."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ondol.cli.columns import pad, terminal_width, width_of, wrap
from ondol.lang import translate

if TYPE_CHECKING:
    from ondol.evaluate.retrieval import Evaluation

EIGHTHS = " ▏▎▍▌▋▊▉"
LONGEST, SHORTEST = 32, 8
"""Columns of a bar."""
INDENT = "  "


def print_evaluation(evaluation: Evaluation, collection: str) -> None:
    for line in table(evaluation, collection, terminal_width()):
        print(line)


def table(evaluation: Evaluation, collection: str, columns: int) -> Iterator[str]:
    """Every line of the report, at most `columns` wide."""
    from ondol.evaluate.words import advice, notes, verdict_sentence

    head = "{collection}: {n} questions, the first {k} documents of each; 95 % intervals"
    head = translate(head, collection=collection, n=f"{evaluation.n:,}", k=evaluation.k)
    yield from wrap(head, columns, lines=9)
    for note in notes(evaluation):
        yield from write_item(f"! {note}", columns)
    width = max(width_of(arm) for arm in evaluation.arms) + 2
    for name in next(iter(evaluation.arms.values())).metrics:
        yield f"\n{name}"
        for arm, result in evaluation.arms.items():
            row = result.metrics[name]
            line = f"{INDENT}{pad(arm, width)}{row.value:.3f}  {row.low:.3f}–{row.high:.3f}"
            room = min(columns - width_of(line) - 2, LONGEST)
            yield f"{line}  {draw_bar(row.value, room)}".rstrip() if room >= SHORTEST else line
    yield "\n" + translate("Milliseconds of one search: median, 95 %")
    for arm, result in evaluation.arms.items():
        yield f"{INDENT}{pad(arm, width)}{result.ms['p50']:>7.1f}  {result.ms['p95']:>7.1f}"
    main = [pair for pair in evaluation.pairs if pair.metric == evaluation.main]
    if main:
        yield "\n" + translate("Compared by {metric}", metric=evaluation.main)
    for pair in main:
        yield from write_item(INDENT + verdict_sentence(pair), columns)
    if told := advice(evaluation):
        yield ""
        yield from wrap(told, columns, lines=9)


def write_item(text: str, columns: int) -> Iterator[str]:
    """Wrapped, its later lines under the first word."""
    lead = text[:2]
    for place, line in enumerate(wrap(text[2:], columns - 2, lines=9)):
        yield (lead if place == 0 else INDENT) + line


def draw_bar(value: float, room: int) -> str:
    eighths = round(value * room * 8)
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8]
