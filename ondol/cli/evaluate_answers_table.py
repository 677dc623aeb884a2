"""An evaluation of answers in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ondol.cli.columns import pad, terminal_width, width_of, wrap
from ondol.cli.evaluate_table import INDENT, LONGEST, SHORTEST, draw_bar, write_item
from ondol.lang import Language, translate

if TYPE_CHECKING:
    from ondol.evaluate.answers import AnswerEvaluation

INTERVALS = ("f1", "em", "refused")
"""Metrics with a bar and an interval; the others have a column for every arm."""


def print_answers(evaluation: AnswerEvaluation) -> None:
    for line in answers_table(evaluation, terminal_width()):
        print(line)


def answers_table(evaluation: AnswerEvaluation, columns: int) -> Iterator[str]:
    """Every line of the report, at most `columns` wide."""
    from ondol.evaluate.answers_words import answers_notes, answers_verdict, best_sentence, forgetting_sentence

    head = translate(
        "{n} questions, arms: {arms}; 95 % intervals", n=f"{evaluation.n:,}", arms=", ".join(evaluation.arms)
    )
    yield from wrap(head, columns, lines=9)
    for note in answers_notes(evaluation):
        yield from write_item(f"! {note}", columns)
    for language in evaluation.means:
        yield from _language(evaluation, language, columns)
    if evaluation.main_pairs:
        yield "\n" + translate("Compared on the same questions")
    for pair in evaluation.main_pairs:
        yield from write_item(INDENT + answers_verdict(pair), columns)
    for language, row in evaluation.forgetting.items():
        yield from write_item(INDENT + forgetting_sentence(row, language), columns)
    for language in evaluation.means:
        if told := best_sentence(evaluation, language):
            yield from wrap(told, columns, lines=3)


def _language(evaluation: AnswerEvaluation, language: Language, columns: int) -> Iterator[str]:
    from ondol.evaluate.answer_scores import METRICS
    from ondol.evaluate.answers_words import language_name, metric_label

    means = evaluation.means[language]
    yield f"\n{language_name(language)}, n = {next(iter(means.values())).n}"
    width = max(width_of(arm) for arm in means) + 2
    told = [name for name in METRICS if any(name in arm.metrics for arm in means.values())]
    for name in [name for name in told if name in INTERVALS]:
        yield metric_label(name)
        for arm, result in means.items():
            if row := result.metrics.get(name):
                line = f"{INDENT}{pad(arm, width)}{row.value:.3f}  {row.low:.3f}–{row.high:.3f}"
                room = min(columns - width_of(line) - 2, LONGEST)
                yield f"{line}  {draw_bar(row.value, room)}".rstrip() if room >= SHORTEST else line
    rest = [name for name in told if name not in INTERVALS]
    labels = [metric_label(name) for name in rest]
    first = max(map(width_of, labels), default=0) + 2
    if first + width * len(means) <= columns:
        yield pad("", first) + "".join(pad(arm, width) for arm in means).rstrip()
    for name, label in zip(rest, labels, strict=True):
        values = {arm: f"{row.metrics[name].value:.3f}" if name in row.metrics else "–" for arm, row in means.items()}
        if first + width * len(means) <= columns:
            yield pad(label, first) + "".join(pad(value, width) for value in values.values()).rstrip()
        else:
            yield label
            yield from (f"{INDENT}{pad(arm, width)}{value}" for arm, value in values.items())
