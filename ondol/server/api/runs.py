"""`/api/runs`: examples are sent, looked at, planned and learnt; runs are watched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from ondol.assemble_training import with_contract
from ondol.errors import NotFound, UsageError
from ondol.finetune.folder import HELD_OUT, adapters_home, list_runs, read_log
from ondol.finetune.picture import cells_of
from ondol.finetune.start import check_free
from ondol.lang import Language, nfc
from ondol.server.api.job_rows import Begun, JobRow, Text
from ondol.server.api.parts import ERRORS, Asked, Parts, Spoken
from ondol.server.api.run_request import UNNAMED, RunRequest, read_config, to_request
from ondol.server.engine import Engine
from ondol.server.finite import finite
from ondol.server.jobs.carried import carried
from ondol.server.jobs.look import look
from ondol.server.jobs.store import ENDED, Job
from ondol.server.uploads.examples import describe_examples, keep_examples, keep_path, keep_rows
from ondol.server.uploads.form import Form, read_form
from ondol.tokens.encode import Encoded

router = APIRouter(prefix="/api/runs", tags=["runs"], responses=ERRORS)
POINTS = {"loss": "loss", "valid_nll": "valid", "rate": "rate", "tokens_per_second": "tokens_per_second"}
SHOWN = 50
"""Held-out examples that are shown."""


class Data(Asked):
    path: Text = ""
    """Of a file of this machine."""
    rows: list[dict[str, Any]] = Field(default_factory=list)


@router.post("/data")
async def send_data(request: Request, engine: Parts, language: Spoken) -> dict[str, Any]:
    """A file of examples as a form, or JSON: `{"rows": […]}` or `{"path": …}`.

    Returns:
        Its id as `data`, and columns, number of rows, a sample, and how the columns are understood.
    """
    home = engine.settings.home
    if not request.headers.get("content-type", "").lower().startswith("multipart/"):
        given = await _read_json(request)
        data = await run_in_threadpool(_keep, home, given)
        return await run_in_threadpool(describe_examples, home, data, {}, language)
    form = await read_form(request, home)
    try:
        data = await run_in_threadpool(_keep_first, home, form)
        return await run_in_threadpool(describe_examples, home, data, {}, language)
    finally:
        await run_in_threadpool(form.discard)


async def _read_json(request: Request) -> Data:
    try:
        return Data.model_validate_json(await request.body())
    except ValueError as error:
        raise UsageError('Examples are sent as a form, or as {{"rows": […]}} or {{"path": "…"}}.', param="") from error


def _keep(home: Path, given: Data) -> str:
    if bool(given.path) == bool(given.rows):
        raise UsageError("Either rows or a path is sent.")
    return keep_path(home, given.path) if given.path else keep_rows(home, given.rows)


def _keep_first(home: Path, form: Form) -> str:
    if len(form.files) != 1:
        raise UsageError("One file of examples is sent at a time.")
    return keep_examples(home, form.files[0].path, form.files[0].name)


@router.post("/lint")
def lint_run(asked: RunRequest, engine: Parts, language: Spoken) -> dict[str, Any]:
    """As `ondol finetune --lint --json`, with the tokens of the first example as `picture`."""
    found = _look(engine, asked, "lint", language)
    pictures = found.get("pictures", [])
    return {**found, "picture": _picture(pictures[0], frozenset(found["ends"])) if pictures else []}


def _picture(row: dict[str, Any], ends: frozenset[int]) -> list[dict[str, Any]]:
    cells = cells_of(Encoded(row["ids"], row["labels"]), row["pieces"], ends)
    return [{"text": cell.text, "trained": cell.state != "read", "state": cell.state} for cell in cells]


@router.post("/plan")
def plan_run(asked: RunRequest, engine: Parts, language: Spoken) -> dict[str, Any]:
    """As `ondol finetune --plan --json`; a step is tried where the base is here."""
    if not asked.base:
        raise UsageError("A plan needs a base.", hint='Such as "base": "llama.cpp:gemma-3-270m"')
    return _look(engine, asked, "plan", language)


def _look(engine: Engine, asked: RunRequest, what: str, language: Language) -> dict[str, Any]:
    config = read_config(asked, engine.settings, named=False)
    row = {
        "what": what, "home": str(engine.settings.home.absolute()), "settings": carried(engine.settings),
        "config": to_request(config), "memory_gb": asked.memory_gb if 0 < asked.memory_gb < 1e6 else 0,
    }  # fmt: skip
    return look(row, language=language, stopping=engine.stopping)


@router.post("", status_code=202)
def begin_run(asked: RunRequest, engine: Parts, language: Spoken) -> Begun:
    """Returns the `job` that makes it; the adapter is there when it is done."""
    config = read_config(asked, engine.settings, named=True)
    if config.name == UNNAMED or ((job := _job_of(engine, config.name)) and job["state"] not in ENDED):
        raise UsageError("A run '{name}' is at work or waits.", hint="Choose another name.", name=config.name)
    check_free(config, adapters_home(engine.settings.home) / config.name)
    row = {"config": to_request(config), "settings": carried(engine.settings)}
    return Begun(job=JobRow(**engine.jobs.add("finetune", config.name, row, language=language)))


@router.get("")
def list_all_runs(engine: Parts) -> dict[str, Any]:
    """Runs that have begun, and those that wait."""
    jobs = {job["title"]: job for job in reversed(engine.jobs.list("finetune", limit=1000))}
    begun = {row["name"]: row for row in list_runs(engine.settings.home)}
    waiting = [name for name, job in jobs.items() if name not in begun and job["state"] != "done"]
    return {"runs": finite([_row(name, begun.get(name), jobs.get(name)) for name in [*begun, *waiting]])}


def _row(name: str, about: dict[str, Any] | None, job: Job | None) -> dict[str, Any]:
    config = job["request"]["config"] if job else {}
    known = about or {}
    told = {key: known.get(key, config.get(key)) for key in ("kind", "method", "base")}
    figures = {key: known.get(key) for key in ("started", "finished", "valid_nll", "base_valid_nll", "examples")}
    return {
        "name": name, "kind": told["kind"] or "chat", "method": told["method"] or "lora", "base": told["base"],
        "status": known.get("status", "waiting"), **figures, "job": job["id"] if job else None,
        "state": job["state"] if job else None,
    }  # fmt: skip


@router.get("/{name}")
def get_run(name: str, engine: Parts) -> dict[str, Any]:
    """The run with `points` of its curve, its `job`, and, when it is done, its `result` and `held_out` examples."""
    name = nfc(name)
    about = next((row for row in list_runs(engine.settings.home) if row["name"] == name), None)
    job = _job_of(engine, name)
    if about is None and job is None:
        raise NotFound("There is no run '{name}'.", hint="See: GET /api/runs", name=name[:80])
    folder = Path(about["path"]) if about else None
    done = about is not None and about.get("status") == "done"
    return {
        **finite(_row(name, about, job)), "job": job, "points": finite(list(points(folder))) if folder else [],
        "result": finite(with_contract(about)) if about and done else None,
        "held_out": finite(_held_out(folder)) if folder else [],
    }  # fmt: skip


def points(folder: Path) -> Iterator[dict[str, Any]]:
    """A point a step; what was measured on the held-out part stands at its step."""
    found: dict[int, dict[str, Any]] = {}
    for row in read_log(folder):
        point = found.setdefault(row["step"], {"step": row["step"], **dict.fromkeys(POINTS.values())})
        point |= {name: row[key] for key, name in POINTS.items() if key in row}
    yield from found.values()


def _held_out(folder: Path) -> list[dict[str, Any]]:
    path = folder / HELD_OUT
    lines = path.read_text(encoding="utf-8").splitlines()[:SHOWN] if path.is_file() else []
    return [json.loads(line) for line in lines]


def _job_of(engine: Engine, name: str) -> Job | None:
    """The latest that was to make the run."""
    return next((job for job in engine.jobs.list("finetune", limit=1000) if job["title"] == name), None)
