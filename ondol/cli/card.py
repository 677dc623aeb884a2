"""A model's card: what `ondol models show` tells."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ondol.model_store.catalogue import Model
    from ondol.model_store.store import ModelStore

EMPTY: dict[str, Any] = {
    "hub": "", "languages": [], "parameters": 0, "reasoning": [], "restrictions": "", "context": 0,
    "chat_template": False, "download_bytes": 0, "notice": "", "files": [],
}  # fmt: skip


def read_card(store: ModelStore, name: str) -> dict[str, Any]:
    """The row of a model with what the catalogue, its folder and its headers tell.

    Args:
        name: anything that `ModelStore.locate` takes, and names whose model is not here yet.

    Raises:
        NotFound: nobody knows the name.
        Damaged, UnusableInput: what lies there cannot be read.
    """
    from ondol.cli.card_files import describe_files, list_files
    from ondol.model_store.hub_quant import is_quant_spec

    if name in store.catalogue or (is_quant_spec(name) and store.row(name)["status"] != "absent"):
        return _known(store, name)
    path = store.locate(name)
    files = list_files(path)
    size = sum(file["bytes"] for file in files)
    row = {
        "name": name, "kind": "", "path": str(path), "bytes": size, "sha256": "", "license": "", "license_url": "",
        "status": "ready", "problem": "", "about": "", "default": False, "source": str(path.resolve()),
    }  # fmt: skip
    return {**row, **EMPTY, **describe_files(path), "files": files}


def _known(store: ModelStore, name: str) -> dict[str, Any]:
    from ondol.cli.card_files import describe_files
    from ondol.model_store.manifest import read_manifest

    row = store.row(name)
    folder = Path(row["path"])
    card: dict[str, Any] = {**row, **EMPTY}
    if name in store.catalogue:
        card |= _planned(store.catalogue[name])
    manifest = read_manifest(folder)
    if manifest:
        card |= {
            "source": manifest.source,
            "files": [
                {"name": file, "bytes": sums.bytes, "sha256": sums.sha256} for file, sums in manifest.files.items()
            ],
        }
    if (folder / "NOTICE.txt").is_file():
        card["notice"] = (folder / "NOTICE.txt").read_text(encoding="utf-8", errors="replace").strip()
    if row["status"] == "ready":
        read = describe_files(folder)
        card |= {key: value for key, value in read.items() if value and not (key in ("kind", "license") and card[key])}
    return card


def _planned(model: Model) -> dict[str, Any]:
    """What the catalogue tells, with the files of its first source; sizes that only the hub knows are reckoned."""
    told: dict[str, Any] = {
        "hub": model.hub,
        "languages": list(model.languages),
        "parameters": model.parameters,
        "reasoning": list(model.reasoning),
        "restrictions": model.restrictions,
        "context": model.context,
        "notice": model.notice.strip(),
    }
    if model.sources:
        source = model.sources[0]
        size = source.total_bytes or _reckoned_bytes(model)
        rest = 0 if len(source.files) > 1 else size
        files = [{"name": file.name, "bytes": file.bytes or rest, "sha256": file.sha256} for file in source.files]
        told |= {"source": str(source), "download_bytes": size, "files": files}
    return told


def _reckoned_bytes(model: Model) -> int:
    from ondol.fit.quant import weight_bytes
    from ondol.fit.shape_sources import read_entry

    if not model.shape:
        return 0
    shape = read_entry(model)
    return weight_bytes(shape, shape.quant)
