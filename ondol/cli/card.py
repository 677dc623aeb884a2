"""A model's card: what `ondol models show` tells."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ondol.model_store.store import ModelStore


def read_card(store: ModelStore, name: str) -> dict[str, Any]:
    """The row of a model with its notice, files, window and template.

    Raises:
        NotFound: nobody knows the name.
    """
    from ondol.gguf.file import read_gguf
    from ondol.model_store.manifest import read_manifest

    row = store.row(name)
    folder = Path(row["path"])
    manifest = read_manifest(folder)
    files = manifest.files if manifest else {}
    card: dict[str, Any] = {**row, "context": 0, "chat_template": False, "notice": "", "files": []}
    card["files"] = [{"name": file, "bytes": sums.bytes, "sha256": sums.sha256} for file, sums in files.items()]
    if (folder / "NOTICE.txt").is_file():
        card["notice"] = (folder / "NOTICE.txt").read_text(encoding="utf-8", errors="replace").strip()
    weights = next((file for file in sorted(files) if file.endswith(".gguf")), "")
    if weights and row["status"] == "ready":
        header = read_gguf(folder / weights)
        card |= {"context": header.context, "chat_template": bool(header.chat_template)}
    return card
