"""The shape of a model that stands on the hub: its config and the sizes the hub states."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, hf_hub_download

from ondol.errors import Offline
from ondol.fit.config_json import NUMBERS, read_config, sum_tensors
from ondol.fit.shape import ModelShape
from ondol.model_store.hub_errors import explain
from ondol.model_store.json_file import read_object

PATIENCE_S = 4.0


def read_hub(repository: str, *, offline: bool = False) -> ModelShape:
    """Fetch `config.json` of `owner/repo` and nothing else.

    Raises:
        Offline, NotFound, BackendError: the hub may not be or was not reached, or has no such model.
        Damaged, UnusableInput: its config is no JSON object, or describes no language model.
    """
    if offline:
        raise Offline(
            "hub:{repository} stands on the hub and ondol is offline.",
            hint="Use ONDOL_OFFLINE=0, or name a model of the catalogue: ondol models fit", repository=repository,
        )  # fmt: skip
    info = _ask(repository, HfApi().model_info, repository, timeout=PATIENCE_S)
    with tempfile.TemporaryDirectory(prefix="ondol-") as folder:
        file = _ask(repository, hf_hub_download, repository, "config.json", local_dir=folder, etag_timeout=PATIENCE_S)
        config = read_object(Path(file))
    counts: dict[str, int] = dict(getattr(info.safetensors, "parameters", None) or {})
    tensors = [(kind, count, count * NUMBERS.get(kind, 2)) for kind, count in counts.items()]
    return read_config(config, name=f"hub:{repository}", **sum_tensors(tensors, config))


def _ask(repository: str, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    try:
        return call(*arguments, **options)
    except Exception as error:  # the library raises its HTTP client's errors as they are, and changed that client once
        raise explain(repository, error) from error
