"""Take files from the model hub."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

# Read once, at import: no telemetry, no bars of its own, and no second cache outside ondol's folder.
for _name in ("HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_PROGRESS_BARS", "HF_HUB_DISABLE_XET"):
    os.environ.setdefault(_name, "1")

from huggingface_hub import HfApi, ModelInfo, hf_hub_download  # noqa: E402
from tqdm import tqdm  # noqa: E402

from ondol.errors import BackendError  # noqa: E402
from ondol.model_store.catalogue import Source  # noqa: E402
from ondol.model_store.fetch import Report  # noqa: E402
from ondol.model_store.hub_errors import explain  # noqa: E402

PATIENCE_S = 4.0
"""Wait for the first reply. Other calls of the library retry for 23 s where there is no network; this one does not."""


def fetch_hub(source: Source, folder: Path, *, report: Report) -> dict[str, str]:
    """Download the source's files into `folder`; returns the SHA-256 that the hub states; see `fetch_model`."""

    class Bar(tqdm):  # type: ignore[misc]
        def update(self, n: float = 1) -> None:
            report(int(n))
            super().update(n)

    repository, hub = source.where[0], folder / ".hub"
    info = ask(repository, source.revision)
    stated = {row.rfilename: row.lfs.sha256 for row in info.siblings or () if row.lfs}
    for file in source.files:
        wanted = file.sha256, stated.get(file.name, file.sha256)
        if wanted[0] and wanted[0] != wanted[1]:
            raise BackendError("{name} of {repository} is another file than the pinned one.",
                               name=file.name, repository=repository)  # fmt: skip
        path = _reach(repository, hf_hub_download, repository, file.name,
                      revision=info.sha, local_dir=hub, tqdm_class=Bar, etag_timeout=PATIENCE_S)  # fmt: skip
        target = folder / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        Path(path).replace(target)
    shutil.rmtree(hub)
    return {file.name: stated[file.name] for file in source.files if file.name in stated}


def ask(repository: str, revision: str) -> ModelInfo:
    """What the hub says of a repository, with the sizes and checksums of its files.

    Raises:
        NotFound, Offline, BackendError: see `explain`.
    """
    info: ModelInfo = _reach(
        repository, HfApi().model_info, repository, revision=revision or None, files_metadata=True, timeout=PATIENCE_S
    )
    return info


def _reach(repository: str, call: Any, *arguments: Any, **options: Any) -> Any:
    try:
        return call(*arguments, **options)
    except Exception as error:  # the library raises its HTTP client's errors as they are, and changed that client once
        raise explain(repository, error) from error
