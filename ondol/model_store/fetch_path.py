"""Take files from a folder, or one file, on this machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ondol.errors import BackendError
from ondol.model_store.catalogue import Source
from ondol.model_store.fetch import Report


def fetch_path(source: Source, folder: Path, *, report: Report) -> dict[str, str]:
    """Copy the source's files into `folder`; see `fetch_model`."""
    origin = Path(os.path.expandvars(source.where[0])).expanduser()
    for file in source.files:
        target = folder / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as joined:
            for part in file.parts or (file.name,):
                path = origin if origin.is_file() else origin / part
                try:
                    with path.open("rb") as opened:
                        shutil.copyfileobj(opened, joined)
                except OSError as error:
                    raise BackendError("{path} cannot be read: {reason}", path=path, reason=error.strerror) from error
        report(target.stat().st_size)
    return {}
