"""Where a model's shape can be read: a folder, a GGUF file, the catalogue, the hub. No weights are loaded."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path

from ondol.errors import NotFound, UnusableInput
from ondol.fit.config_json import read_config, sum_tensors
from ondol.fit.quant import QUANTS
from ondol.fit.shape import ModelShape
from ondol.model_store.catalogue import Model
from ondol.model_store.safetensors_file import read_safetensors_header
from ondol.model_store.store import ModelStore

"""Bytes of a safetensors header that are believed; the format's own limit."""


def find_shape(name: str, store: ModelStore) -> ModelShape:
    """The shape of what `name` names: `hub:owner/repo`, a path, or a name of the catalogue.

    Raises:
        NotFound: nobody knows it, or the catalogue does not tell its shape.
        Offline: it stands on the hub and the network is switched off.
        UnusableInput: what is there describes no language model.
    """
    if name.startswith("hub:"):
        from ondol.fit.hub_shape import read_hub

        return read_hub(name.removeprefix("hub:"), offline=store.offline)
    model = store.catalogue.get(name)
    here = store.folder / name
    if model and not (here / "manifest.json").is_file():
        if model.shape:
            return read_entry(model)
        raise NotFound(
            "The catalogue does not tell how '{name}' is built.",
            hint="Fetch it first (ondol models pull {name}), or name its repository: hub:{hub}", name=name,
            hub=model.hub or "owner/repo",
        )  # fmt: skip
    path = store.locate(name)
    return read_path(path, name=name if model else path.stem)


def read_path(path: Path, *, name: str = "") -> ModelShape:
    """A GGUF file, a folder with one, or a folder with `config.json`."""
    if path.is_file():
        return _read_gguf(path, name or path.stem)
    files = sorted(path.glob("*.gguf"))
    if files and not (path / "config.json").is_file():
        return _read_gguf(files[0], name or path.name)
    return read_folder(path, name=name or path.name)


def read_folder(folder: Path, *, name: str = "") -> ModelShape:
    """`config.json` with the sizes of the tensors that stand beside it.

    Raises:
        UnusableInput: there is no config, or it describes no language model.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnusableInput(
            "{folder} has no config.json that can be read: {reason}",
            hint="Name a model's folder, a .gguf file, or a name from: ondol models list", folder=folder, reason=error,
        ) from error  # fmt: skip
    found = [row for file in sorted(folder.glob("*.safetensors")) for row in read_safetensors_header(file)]
    tensors = [(row.dtype, prod(row.shape), row.bytes) for row in found]
    return read_config(config, name=name or folder.name, **sum_tensors(tensors, config))


def read_entry(model: Model) -> ModelShape:
    """What the catalogue tells."""
    files = " ".join(file.name for source in model.sources for file in source.files).upper()
    quant = max((name for name in QUANTS if name in files), key=len, default="")
    return ModelShape(
        name=model.name, context=model.context, stated_parameters=model.parameters, quant=quant, **model.shape
    )


def _read_gguf(path: Path, name: str) -> ModelShape:
    from ondol.fit.gguf_shape import read_gguf_shape

    return read_gguf_shape(path, name=name)
