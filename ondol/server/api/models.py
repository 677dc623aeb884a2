"""/api/models: weights on this machine and in the catalogue."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import Field

from ondol.assemble import open_model_store
from ondol.errors import NotFound, OndolError
from ondol.fit.choice import judge_all
from ondol.fit.memory import Use
from ondol.server.api.parts import ERRORS, LONGEST_NAME, Parts, Shape, Spoken
from ondol.server.jobs.carried import carried

router = APIRouter(prefix="/api/models", tags=["models"], responses=ERRORS)
Name = Annotated[
    str, Path(max_length=LONGEST_NAME, description="Of the catalogue, or owner/repo:QUANT of a repository on the hub.")
]
WAITS = ("waiting", "running", "interrupted")


class Fits(Shape):
    """As `ondol models fit --json`."""

    fits: str = Field(description="yes, tight or no.")
    memory_bytes: int
    available_bytes: int
    needs: str
    instead: str = Field(description="What would fit.")
    tokens_per_s: float | None


class Model(Shape):
    """As `ondol models list --json`."""

    name: str
    kind: str
    path: str
    bytes: int = Field(description="On disk; 0 when absent.")
    sha256: str
    license: str
    license_url: str
    status: str = Field(description="ready, absent or damaged.")
    problem: str
    about: str
    default: bool
    source: str
    fits: Fits | None = Field(default=None, description="Null where nothing tells how the model is built.")


class Models(Shape):
    models: list[Model]


class Begun(Shape):
    job: dict[str, Any]


@router.get("")
def list_models(engine: Parts) -> Models:
    """What the catalogue offers and what is here, and whether chat models fit into this machine's free memory."""
    store = open_model_store(engine.settings)

    def fit(row: Any) -> dict[str, Any] | None:
        if row["kind"] != "chat":
            return None
        try:
            [found] = judge_all([row["name"]], Use(), store)
        except OndolError:  # it is not claimed to fit
            return None
        return found.row()

    return Models.model_validate({"models": [{**row, "fits": fit(row)} for row in store.list_models()]})


@router.post("/{name:path}/pull", status_code=202)
def pull(name: Name, engine: Parts, language: Spoken) -> Begun:
    """Fetch a model in a job; one that is fetched already is the same job."""
    open_model_store(engine.settings).row(name)
    request = {"name": name, "settings": carried(engine.settings)}
    for job in engine.jobs.list("pull"):
        if job["state"] in WAITS and job["request"].get("name") == name:
            return Begun(job=job)
    return Begun(job=engine.jobs.add("pull", name, request, language=language))


@router.delete("/{name:path}")
def remove(name: Name, engine: Parts) -> Model:
    """Remove a model from this machine; it can be fetched again."""
    store = open_model_store(engine.settings)
    if store.row(name)["status"] == "absent":
        raise NotFound("The model '{name}' is not on this machine.", hint="See: ondol models list", name=name)
    engine.forget_models()
    return Model(**store.remove(name))
