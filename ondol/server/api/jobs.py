"""`/api/jobs`: what is done in the background, watched, stopped and tried again."""

from __future__ import annotations

import time
from collections.abc import Generator

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from ondol.errors import UsageError
from ondol.server.api.job_rows import Begun, JobRow, Kind
from ondol.server.api.parts import ERRORS, Parts, Shape, Spoken
from ondol.server.engine import Engine
from ondol.server.jobs.store import ENDED, LISTED, Job
from ondol.server.sse import event, stream

router = APIRouter(prefix="/api/jobs", tags=["jobs"], responses=ERRORS)
LOOK_S, BEAT_S = 0.3, 2.0
"""How often a job is looked at, and how often something is sent at least: who has gone is noticed by that."""


class Jobs(Shape):
    jobs: list[JobRow]


@router.get("")
def list_jobs(engine: Parts, kind: Kind | None = None, limit: int = Query(LISTED, ge=1, le=1000)) -> Jobs:
    """The latest first."""
    return Jobs.model_validate({"jobs": engine.jobs.list(kind, limit=limit)})


@router.get("/{job}")
def get_job(job: str, engine: Parts) -> JobRow:
    return JobRow(**engine.jobs.get(job))


@router.get("/{job}/events", response_class=StreamingResponse)
async def watch_job(request: Request, job: str, engine: Parts) -> StreamingResponse:
    """Its row as an event `job` whenever it changes; ends with the job."""
    return await stream(request, changes(engine, job))


def changes(engine: Engine, job: str) -> Generator[str]:
    last, sent = None, 0.0
    while True:
        row = engine.jobs.get(job)
        if row != last:
            last, sent = row, time.monotonic()
            yield event("job", row)
        elif time.monotonic() - sent > BEAT_S:
            sent = time.monotonic()
            yield ": still there\n\n"
        if row["state"] in ENDED or engine.stopping.wait(LOOK_S):
            return


@router.delete("/{job}")
def stop_job(job: str, engine: Parts) -> JobRow:
    """Let it end; what is done stays."""
    return JobRow(**engine.jobs.stop(job))


@router.post("/{job}/retry", status_code=202)
def retry_job(job: str, engine: Parts, language: Spoken) -> Begun:
    """A job that failed or was stopped goes on; of one that is done, the files that failed are read again.

    Returns:
        The `job` that does it.
    """
    row = engine.jobs.get(job)
    if row["kind"] != "add" or row["state"] != "done":
        return Begun(job=JobRow(**engine.jobs.retry(job)))
    failed = failed_files(row)
    if not failed:
        raise UsageError("Every file of this job was read.", hint="Upload the files that have changed.")
    again = {**row["request"], "files": failed}
    title = failed[0] + (f" (+{len(failed) - 1})" if len(failed) > 1 else "")
    return Begun(job=JobRow(**engine.jobs.add("add", title, again, language=language)))


def failed_files(row: Job) -> list[str]:
    """Files of which nothing, or not everything, could be read."""
    failed = [entry["path"] for entry in row["result"]["failed"]]
    return [
        name for name in row["request"]["files"] if any(path == name or path.startswith(f"{name}/") for path in failed)
    ]
