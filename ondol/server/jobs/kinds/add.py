"""Uploaded files are read into a collection; those that were read already are left alone."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ondol.assemble import open_library
from ondol.errors import UnusableInput
from ondol.ingest.add import add_documents
from ondol.ingest.report import AddReport, NothingAdded
from ondol.progress import Progress
from ondol.server.jobs.failed import JobFailed
from ondol.server.uploads.keep import uploads_folder
from ondol.settings import Settings

PATHS = ("path", "other", "reason")


def run_add(request: dict[str, Any], *, settings: Settings, progress: Progress, job: str) -> dict[str, Any]:  # noqa: ARG001
    """Request: `collection`, `files` (names in its folder of uploads). Result: as `ondol add --json`, with these names.

    Raises:
        JobFailed: nothing could be read; `failed` says why of each file.
    """
    folder = uploads_folder(settings.home, settings.collection)
    files = [folder / name for name in request["files"]]
    with open_library(settings=settings, create=True, progress=progress) as library:
        try:
            return _named(add_documents(library, files, progress=progress), folder)
        except NothingAdded as error:
            told = UnusableInput(error.message.replace(f"{folder}/", ""), hint=error.hint)
            raise JobFailed(told, _named(error.report, folder)) from error


def _named(report: AddReport, folder: Path) -> dict[str, Any]:
    """The report without the folder that all uploads lie in."""
    rows = asdict(report)
    for name in ("failed", "skipped", "hidden", "alike"):
        rows[name] = [
            {key: str(value).replace(f"{folder}/", "") if key in PATHS else value for key, value in row.items()}
            for row in rows[name]
        ]
    return rows
