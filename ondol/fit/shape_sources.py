"""Where a model's shape can be read: a folder, a GGUF file, the catalogue, the hub. No weights are loaded."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

from ondol.errors import NotFound, UnusableInput, UsageError
from ondol.fit.config_json import read_config, refuse_encoder, sum_tensors
from ondol.fit.quant import QUANTS
from ondol.fit.shape import ModelShape
from ondol.model_store.catalogue import Model
from ondol.model_store.json_file import read_object
from ondol.model_store.safetensors_file import check_weights, read_safetensors_header
from ondol.model_store.store import ModelStore


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
    if model and model.kind == "embeddings":
        raise refuse_encoder(name)
    here = store.folder / name
    if model and not (here / "manifest.json").is_file():
        if model.shape:
            return read_entry(model)
        raise NotFound(
            "The catalogue does not tell how '{name}' is built.",
            hint="Fetch it first (ondol models pull {name}), or name its repository: hub:{hub}", name=name,
            hub=model.hub or "owner/repo",
        )  # fmt: skip
    own_path = not model and Path(name).expanduser().exists()
    return read_path(store.locate(name), name="" if own_path else name)


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
        UnusableInput: there is no config, it describes no language model, or nothing here opens the weights.
        Damaged: what is there is not whole.
    """
    if not (folder / "config.json").is_file():
        raise UnusableInput(
            "{folder} has no config.json.",
            hint="Name a model's folder, a .gguf file, or a name from: ondol models list", folder=folder,
        )  # fmt: skip
    config = read_object(folder / "config.json")
    check_weights(folder)
    found = [row for file in sorted(folder.glob("*.safetensors")) for row in read_safetensors_header(file)]
    tensors = [(row.dtype, prod(row.shape), row.bytes) for row in found]
    return read_config(config, name=name or folder.name, **sum_tensors(tensors, config))


def read_entry(model: Model) -> ModelShape:
    """What the catalogue tells.

    Raises:
        UsageError: an entry of the user's own has fields that no model has.
    """
    files = " ".join(file.name for source in model.sources for file in source.files).upper()
    quant = max((name for name in QUANTS if name in files), key=len, default="")
    told: dict[str, Any] = {
        "name": model.name,
        "context": model.context,
        "stated_parameters": model.parameters,
        "quant": quant,
    }
    try:
        return ModelShape(**told, **model.shape)
    except (TypeError, ValueError) as error:
        raise UsageError(
            "The catalogue's shape of '{name}' cannot be right: {reason}",
            hint="Its fields are those of ondol.fit.shape.ModelShape.", name=model.name, reason=error,
        ) from error  # fmt: skip


def _read_gguf(path: Path, name: str) -> ModelShape:
    from ondol.fit.gguf_shape import read_gguf_shape

    return read_gguf_shape(path, name=name)
