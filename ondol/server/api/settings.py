"""/api/settings: what this server answers with."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version

from fastapi import APIRouter, Request
from pydantic import Field

from ondol.assemble import open_model_store
from ondol.errors import NotFound
from ondol.lang import Language, nfc
from ondol.library.collections import existing_folder
from ondol.server.api.parts import ERRORS, LONGEST_NAME, Asked, Parts, Shape, Spoken
from ondol.server.engine import Engine
from ondol.server.offers import PLAIN, check_offered

router = APIRouter(prefix="/api/settings", tags=["settings"], responses=ERRORS)


class Limits(Shape):
    upload_bytes: int
    body_bytes: int


class Settings(Shape):
    version: str
    home: str
    collection: str
    model: str
    adapter: str = Field(description="With which the model answers from documents; none for none.")
    reader: str = Field(description="What finds the words that answer; none or empty for none.")
    embeddings: str = Field(description="Of new collections.")
    store: str = Field(description="Of new collections.")
    threshold: float = Field(description="Least confidence with which is answered.")
    language: str = Field(description="Of messages: ko or en.")
    offline: bool
    limits: Limits
    origin: dict[str, str] = Field(description="Setting → default, a variable, a file, or argument.")


class Changed(Settings):
    kept: bool = Field(default=False, description="False: it lives until this server ends.")


class Change(Asked):
    collection: str | None = Field(default=None, min_length=1, max_length=LONGEST_NAME)
    model: str | None = Field(default=None, min_length=1, max_length=LONGEST_NAME)
    adapter: str | None = Field(default=None, max_length=LONGEST_NAME)
    reader: str | None = Field(default=None, max_length=LONGEST_NAME)
    threshold: float | None = Field(default=None, ge=0, le=1)


@router.get("")
def show_settings(request: Request, engine: Parts, language: Spoken) -> Settings:
    return Settings.model_validate(_row(request, engine, language))


@router.patch("")
def change_settings(asked: Change, request: Request, engine: Parts, language: Spoken) -> Changed:
    """Change what is given, for this process only."""
    given = {name: value for name, value in asked.model_dump().items() if value is not None}
    adapter = given.pop("adapter", None)
    if "collection" in given:
        given["collection"] = nfc(given["collection"])
        existing_folder(engine.settings.home, given["collection"])
    if "reader" in given:
        _check_reader(request, engine, given["reader"])
    if adapter is not None:
        check_offered(replace(engine.settings, **given), given.get("model", engine.settings.model), adapter or PLAIN)
    if given:
        engine.change(**given)
    if adapter is not None or "model" in given:  # another model has no use for the adapter of the old one
        engine.adapter = adapter
    return Changed.model_validate({**_row(request, engine, language), "kept": False})


def _check_reader(request: Request, engine: Engine, spec: str) -> None:
    """Raises NotFound for a reader that was not chosen by the person: a spec with a path would open any folder."""
    state = request.app.state
    state.readers = {*getattr(state, "readers", ()), engine.settings.reader}
    rows = open_model_store(engine.settings).list_models()
    ready = [f"onnx:{row['name']}" for row in rows if row["kind"] == "reader" and row["status"] == "ready"]
    known = ["none", *ready, *filter(None, state.readers)]
    if spec and spec not in known:
        raise NotFound(
            "The server has no reader '{name}'.", hint="Known: {known}.", name=spec,
            known=", ".join(dict.fromkeys(known)),
        )  # fmt: skip


def _row(request: Request, engine: Engine, language: Language) -> dict[str, object]:
    settings, access = engine.settings, request.app.state.access
    names = ("collection", "model", "reader", "embeddings", "store", "threshold", "offline", "origin")
    return {
        **{name: getattr(settings, name) for name in names}, "version": version("ondol"), "home": str(settings.home),
        "adapter": engine.adapter or (engine.adapter is None and settings.writer) or PLAIN, "language": language,
        "limits": {"upload_bytes": access.upload_bytes, "body_bytes": access.body_bytes},
    }  # fmt: skip
