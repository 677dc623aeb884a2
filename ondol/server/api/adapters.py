"""/api/adapters: what was taught."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import Field

from ondol.errors import UsageError
from ondol.finetune.adapters import remove_adapter
from ondol.finetune.folder import list_runs
from ondol.server.api.parts import ERRORS, LONGEST_NAME, Parts, Shape

router = APIRouter(prefix="/api/adapters", tags=["adapters"], responses=ERRORS)


class Adapter(Shape):
    """`run.json` of a run, as `ondol adapters list --json`."""

    name: str
    path: str
    status: str = Field(default="", description="done, running or damaged.")
    kind: str = ""
    method: str = ""
    base: str = ""
    problem: str = ""


class Adapters(Shape):
    adapters: list[Adapter]


@router.get("")
def list_adapters(engine: Parts) -> Adapters:
    return Adapters(adapters=[_row(row) for row in list_runs(engine.settings.home)])


@router.delete("/{name:path}")
def remove(name: Annotated[str, Path(max_length=LONGEST_NAME)], engine: Parts) -> Adapter:
    """Remove a run with its adapter, finished or not; one that is being taught is to be stopped first."""
    if any(job["state"] == "running" and job["request"].get("name") == name for job in engine.jobs.list("finetune")):
        raise UsageError("The run '{name}' is being taught just now.", hint="Stop its job first.", name=name)
    row = remove_adapter(engine.settings.home, name)
    engine.forget_models()
    return _row(row)


def _row(row: dict[str, Any]) -> Adapter:
    return Adapter.model_validate({**row, "name": str(row.get("name", ""))})
