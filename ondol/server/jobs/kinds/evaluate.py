"""Ways to answer are compared; replies that are there already are not asked for again."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ondol.assemble_evaluation import How, choose_arms, compare_answers, told_answers
from ondol.errors import UsageError
from ondol.evaluate.answer_questions import read_answer_questions
from ondol.evaluate.answers import AnswerEvaluation
from ondol.evaluate.answers_words import answers_notes
from ondol.evaluate.replies_file import OTHER
from ondol.lang import translate
from ondol.model_store.manifest import write_atomic
from ondol.progress import Progress
from ondol.settings import Settings

QUESTIONS, REPLIES, SIDE_BY_SIDE = "questions.jsonl", "replies.jsonl", "side_by_side.jsonl"
SHOWN = ("text", "short", "abstained", "quoted", "confidence", "finish_reason", "cited", "ms", "problem")


def evaluation_folder(home: Path, name: str) -> Path:
    return home / "evaluations" / name


def run_evaluate(request: dict[str, Any], *, settings: Settings, progress: Progress, job: str) -> dict[str, Any]:
    """Request: `arms`, `adapter`, `limit`; the questions lie in the evaluation's folder, which has the job's name.

    Result: as `ondol evaluate answers --json`, with `notes` for people.
    """
    folder = evaluation_folder(settings.home, job)
    questions = read_answer_questions(folder / QUESTIONS, limit=request.get("limit"))
    adapter = request.get("adapter")
    arms = choose_arms(request.get("arms"), adapter)
    how = How(adapter=adapter, passage="found", max_tokens=request.get("max_tokens", 128))
    replies = folder / REPLIES
    try:
        evaluation = compare_answers(settings, questions, arms, how, out=replies, progress=progress)
    except UsageError as error:
        if error.template != OTHER:
            raise
        progress.note(translate("Documents or adapter have changed since it began: all questions are asked again."))
        replies.unlink()
        evaluation = compare_answers(settings, questions, arms, how, out=replies, progress=progress)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in side_by_side(evaluation))
    write_atomic(folder / SIDE_BY_SIDE, lines.encode("utf-8", "surrogatepass"))
    told = told_answers(evaluation)
    return {"model": settings.model, "adapter": adapter, **told, "notes": answers_notes(evaluation)}


def side_by_side(evaluation: AnswerEvaluation) -> list[dict[str, Any]]:
    """A row a question: what was right, and what each arm said with its scores."""
    rows = []
    for row in evaluation.questions.rows:
        replies = {arm: _reply(evaluation, arm, row.id) for arm in evaluation.arms}
        rows.append({**asdict(row), "language": row.language, "replies": replies})
    return rows


def _reply(evaluation: AnswerEvaluation, arm: str, question: str) -> dict[str, Any]:
    reply = evaluation.replies[arm, question].to_json()
    return {**{name: reply[name] for name in SHOWN}, "scores": dict(evaluation.scores[arm, question])}
