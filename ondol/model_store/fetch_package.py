"""Take files that came with ondol itself."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from ondol.errors import BackendError
from ondol.model_store.catalogue import Source
from ondol.model_store.fetch import Report


def fetch_package(source: Source, folder: Path, *, report: Report) -> dict[str, str]:
    """Copy the source's files into `folder`; see `fetch_model`."""
    origin = resources.files("ondol").joinpath("weights", source.where[0])
    for file in source.files:
        try:
            content = origin.joinpath(file.name).read_bytes()
        except OSError as error:
            raise BackendError(
                "{path} did not come with ondol: {reason}", hint="Install ondol again.", path=file.name,
                reason=error.strerror,
            ) from error  # fmt: skip
        (folder / file.name).write_bytes(content)
        report(len(content))
    return {}
