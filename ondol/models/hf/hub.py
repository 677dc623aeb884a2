"""A repository of the model hub → a folder: from the hub's own cache, or fetched."""

from __future__ import annotations

import re
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from ondol.errors import Offline
from ondol.model_store.hub_errors import explain

WANTED = ["*.json", "*.safetensors", "*.model", "*.txt", "*.jinja"]
"""No pickles, no Python, no second copies of the weights in other formats."""
UNWANTED = ["*/*"]
"""Sub-folders hold `original/`, `onnx/`, `gguf/`."""
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?", re.ASCII)


def is_repository(name: str) -> bool:
    """`name` has the form `owner/name` or `owner/name@revision`."""
    return bool(REPOSITORY.fullmatch(name)) and not name.startswith((".", "/", "~"))


def find_repository(name: str, *, offline: bool) -> Path:
    """The folder of `owner/name`, fetched unless the hub's cache has it whole.

    Raises:
        Offline: it is not in the cache and the network is off.
        NotFound: the hub has no such repository, or does not show it.
        BackendError: the hub cannot be reached, or wants its licence accepted first.
    """
    cached = _cached(name)
    if cached:
        return cached
    if offline:
        raise Offline(
            "The model '{name}' is not in the hub's cache and ondol is offline.",
            hint="With a network, run the same once more with ONDOL_OFFLINE=0.", name=name,
        )  # fmt: skip
    repository, _, revision = name.partition("@")
    try:
        return Path(
            snapshot_download(repository, revision=revision or None, allow_patterns=WANTED, ignore_patterns=UNWANTED)
        )
    except Exception as error:  # the library raises its HTTP client's errors as they are, and changed that client once
        raise explain(name, error) from error


def _cached(name: str) -> Path | None:
    """The folder in the cache, when every weight file that it needs is there."""
    repository, _, revision = name.partition("@")
    try:
        folder = Path(snapshot_download(repository, revision=revision or None, local_files_only=True))
    except (LocalEntryNotFoundError, RevisionNotFoundError, RepositoryNotFoundError, HFValidationError):
        return None
    whole = (folder / "model.safetensors").exists() or (folder / "adapter_model.safetensors").exists()
    shards = list(folder.glob("model-00001-of-*.safetensors"))
    if shards:
        count = int(shards[0].stem.rpartition("-")[2])
        whole = len(list(folder.glob(f"model-*-of-{count:05d}.safetensors"))) == count
    return folder if whole else None
