"""`POST /api/uploads`: files are kept below the home, and a job reads them into a collection."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from ondol.errors import UnusableInput, UsageError
from ondol.lang import Language, nfc, translate
from ondol.server.api.job_rows import Begun
from ondol.server.api.parts import ERRORS, LONGEST_NAME, Parts, Shape, Spoken
from ondol.server.engine import Engine
from ondol.server.jobs.carried import carried
from ondol.server.uploads.content import check_content
from ondol.server.uploads.form import Form, Sent, read_form
from ondol.server.uploads.keep import keep_file, uploads_folder
from ondol.server.uploads.names import safe_name

router = APIRouter(tags=["sources"], responses=ERRORS)
FORM = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object", "required": ["files"],
                "properties": {
                    "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                    "collection": {"type": "string"},
                },
            }
        }
    },
}  # fmt: skip
TOLD = 3
"""Refused files that are named where all were."""


class Taken(Shape):
    given: str
    """As it was sent."""
    status: Literal["kept", "unchanged", "refused"]
    name: str | None
    """As it is kept now."""
    reason: str


class Uploaded(Begun):
    files: list[Taken]


@router.post("/api/uploads", status_code=202, openapi_extra={"requestBody": FORM})
async def upload(request: Request, engine: Parts, language: Spoken) -> Uploaded:
    """Keep the files of a form, and let a job read them into its `collection`; one that is refused stops no other.

    Raises:
        UnusableInput: every file was refused.
    """
    form = await read_form(request, engine.settings.home)
    try:
        return await run_in_threadpool(take_files, engine, form, language)
    finally:
        await run_in_threadpool(form.discard)


def take_files(engine: Engine, form: Form, language: Language) -> Uploaded:
    collection = nfc(form.fields.get("collection", "")).strip() or engine.settings.collection
    if len(collection) > LONGEST_NAME:
        raise UsageError("The name of the collection is too long.")
    folder = uploads_folder(engine.settings.home, collection)
    rows = [_take(sent, folder, language) for sent in form.files if sent.name or sent.path.stat().st_size]
    names = list(dict.fromkeys(row["name"] for row in rows if row["status"] != "refused"))
    if not names:
        refused = [f"{row['given']}: {row['reason']}" for row in rows]
        raise UnusableInput(
            "No file could be taken. {reasons}" if rows else "No file was sent.",
            reasons=" · ".join([*refused[:TOLD], *([f"(+{len(refused) - TOLD})"] if len(refused) > TOLD else [])]),
        )
    request = {"collection": collection, "files": names, "settings": carried(engine.settings)}
    title = names[0] + (f" (+{len(names) - 1})" if len(names) > 1 else "")
    job = engine.jobs.add("add", title, request, language=language)
    return Uploaded.model_validate({"job": job, "files": rows})


def _take(sent: Sent, folder: Path, language: Language) -> dict[str, Any]:
    """A file in its place, or why it is refused, which does not stop the others."""
    try:
        name = safe_name(sent.name)
        check_content(sent.path, name)
    except UnusableInput as error:
        reason = translate(error.template, language=language, **error.values)
        return {"given": sent.name[:200], "status": "refused", "name": None, "reason": reason}
    kept, new = keep_file(sent.path, folder, name)
    return {"given": sent.name[:200], "status": "kept" if new else "unchanged", "name": kept.name, "reason": ""}
