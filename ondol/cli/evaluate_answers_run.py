"""`ondol evaluate answers`, behind its options: the parts are opened, asked and told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ondol.cli.output import print_json, tell

if TYPE_CHECKING:
    from ondol.evaluate.answers_arms import AnswerArm
    from ondol.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which questions, and where the results go."""

    questions: Path
    limit: int | None
    out: Path | None
    html: Path | None
    as_json: bool


def carry_out(
    settings: Settings, wanted: Wanted, arms: str | None, *, adapter: str | None, passage: str, max_tokens: int
) -> None:
    """Raises before anything is opened where the options do not fit each other."""
    from ondol.assemble_evaluation import How, choose_arms, compare_answers, told_answers
    from ondol.cli.bars import Bars
    from ondol.cli.evaluate import check_outputs, write_report
    from ondol.cli.evaluate_answers_table import print_answers
    from ondol.evaluate.answer_questions import read_answer_questions
    from ondol.evaluate.answers_page import write_answers_page
    from ondol.evaluate.answers_words import answers_notes
    from ondol.evaluate.passages import choose_passage, suit_questions

    out, html = wanted.out, wanted.html
    check_outputs({"--html": (html, (".html", ".htm")), "--out": (out, (".jsonl",))}, wanted.questions)
    how = How(adapter=None if adapter == "none" else adapter, passage=choose_passage(passage), max_tokens=max_tokens)
    chosen = choose_arms(arms, how.adapter)
    asked = suit_questions(read_answer_questions(wanted.questions, limit=wanted.limit), how.passage)
    evaluation = compare_answers(settings, asked, chosen, how, out=out, progress=Bars())
    if html:
        write_report(html, write_answers_page(evaluation, about=_about(settings, how.adapter, chosen)))
    if not wanted.as_json:
        print_answers(evaluation)
    for path in filter(None, (out, html)):
        tell("Written: {path}", path=path)
    if wanted.as_json:
        for note in answers_notes(evaluation):
            tell("{words}", words=note)
        print_json({"model": settings.model, "adapter": how.adapter, **told_answers(evaluation)})


def _about(settings: Settings, adapter: str | None, arms: list[AnswerArm]) -> dict[str, str]:
    import importlib.metadata
    from datetime import datetime

    return {
        "Model": settings.model,
        **({"Adapter": adapter} if adapter else {}),
        **({"Collection": settings.collection} if any(arm.documents for arm in arms) else {}),
        "ondol": importlib.metadata.version("ondol"),
        "Date": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
    }
