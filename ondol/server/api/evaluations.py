"""`/api/evaluations`: ways to answer, compared on questions of one's own or on answers that were marked."""

from __future__ import annotations

import json
import shutil
from itertools import islice
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Query
from pydantic import Field

from ondol.assemble_evaluation import choose_arms
from ondol.errors import NotFound, UnusableInput, UsageError
from ondol.evaluate.answer_questions import AnswerQuestions, read_answer_questions
from ondol.evaluate.feedback import read_feedback, to_questions
from ondol.library.folders import list_collections, no_collection
from ondol.model_store.manifest import write_atomic
from ondol.server.api.job_rows import Begun, JobRow, Text
from ondol.server.api.parts import ERRORS, LONGEST_NAME, Asked, Parts, Shape, Spoken
from ondol.server.jobs.carried import carried
from ondol.server.jobs.kinds.evaluate import QUESTIONS, SIDE_BY_SIDE, evaluation_folder
from ondol.server.jobs.store import new_id
from ondol.server.offers import PLAIN, check_offered
from ondol.server.uploads.examples import find_examples, new_partial
from ondol.settings import Settings

router = APIRouter(prefix="/api/evaluations", tags=["evaluations"], responses=ERRORS)
FEEDBACK = "feedback"
MOST = 10_000


class EvaluationRequest(Asked):
    questions: list[dict[str, Any]] | Text
    """Rows `{"question", "answers", …}`, the id of data that were sent, or "feedback" for answers that were marked."""
    arms: list[Text] | Text = ""
    """Of base, rag, tuned, tuned+rag; all that apply when not given."""
    model: Text = ""
    adapter: Text = Field("", max_length=LONGEST_NAME)
    collection: Text = Field("", max_length=LONGEST_NAME)
    limit: int | None = Field(None, ge=1, le=MOST)


class Evaluations(Shape):
    evaluations: list[JobRow]


@router.post("", status_code=202)
def begin_evaluation(asked: EvaluationRequest, engine: Parts, language: Spoken) -> Begun:
    """Returns the `job` that does it; its id is the evaluation's."""
    settings = engine.settings
    adapter = None if asked.adapter in ("", PLAIN) else asked.adapter
    arms = choose_arms(asked.arms if isinstance(asked.arms, str) else ",".join(asked.arms), adapter)
    if asked.model or adapter:
        check_offered(settings, asked.model or settings.model, adapter)
    collection = asked.collection or settings.collection
    if any(arm.documents for arm in arms) and collection not in list_collections(settings.home):
        raise no_collection(settings.home, collection)
    questions = _read_questions(settings, asked)
    name = new_id()
    rows = [{**_row(row), "answers": list(row.answers)} for row in questions.rows]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    folder = evaluation_folder(settings.home, name)
    write_atomic(folder / QUESTIONS, lines.encode("utf-8", "replace"))
    title = ",".join(arm.name for arm in arms)
    row = {
        "collection": collection, "arms": title, "adapter": adapter, "questions": len(rows),
        "left_out": questions.problems[:20],
        "settings": {**carried(settings), **({"model": asked.model} if asked.model else {})},
    }  # fmt: skip
    try:
        job = engine.jobs.add("evaluate", title, row, name=name, language=language)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Begun(job=JobRow(**job))


def _row(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("id", "question", "context_id", "answerable")}


def _read_questions(settings: Settings, asked: EvaluationRequest) -> AnswerQuestions:
    """Raises UnusableInput where there is none, or a row is no question."""
    given = asked.questions
    if isinstance(given, str) and given != FEEDBACK:
        return _checked(find_examples(settings.home, given), asked.limit)
    rows = to_questions(read_feedback(settings.home)) if isinstance(given, str) else given
    if not rows:
        raise UnusableInput("There is no question to ask.", hint="Mark answers good or bad, or send questions.")
    if len(rows) > MOST:
        raise UsageError("More than {most} questions are not asked at once.", most=MOST)
    partial = new_partial(settings.home).with_suffix(".jsonl")
    try:
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        partial.write_text(text, encoding="utf-8", errors="replace")
        return _checked(partial, asked.limit)
    except UnusableInput as error:  # the file is ours, and nobody knows its name
        values = {**error.values, "path": "questions"}
        raise UnusableInput(error.template, hint=error.hint_template, **values) from error
    finally:
        partial.unlink(missing_ok=True)


def _checked(path: Path, limit: int | None) -> AnswerQuestions:
    questions = read_answer_questions(path, limit=limit or MOST)
    if not questions.rows:
        raise UnusableInput("There is no question to ask.", hint="Send rows with a question and its answers.")
    return questions


@router.get("")
def list_evaluations(engine: Parts) -> Evaluations:
    """Their jobs, the latest first."""
    return Evaluations.model_validate({"evaluations": engine.jobs.list("evaluate", limit=1000)})


@router.get("/{name}")
def get_evaluation(
    name: str, engine: Parts, offset: int = Query(0, ge=0), limit: int = Query(50, ge=1, le=1000)
) -> dict[str, Any]:
    """The `job`, its `result`, and for each of `questions` what every arm replied, with its scores."""
    job = engine.jobs.get(name)
    if job["kind"] != "evaluate":
        raise NotFound("There is no evaluation '{name}'.", hint="See: GET /api/evaluations", name=name[:80])
    path = evaluation_folder(engine.settings.home, job["id"]) / SIDE_BY_SIDE
    questions: list[dict[str, Any]] = []
    if path.is_file():
        with path.open(encoding="utf-8") as file:
            questions = [json.loads(line) for line in islice(file, offset, offset + limit)]
    return {
        "id": job["id"], "job": job, "result": job["result"], "total": job["request"]["questions"], "offset": offset,
        "questions": questions,
    }  # fmt: skip
