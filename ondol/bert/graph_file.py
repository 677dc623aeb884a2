"""Where a graph is kept, and how it is built the first time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from ondol.lang import translate
from ondol.model_store.lock import locked
from ondol.model_store.manifest import sha256_of, write_atomic
from ondol.model_store.store import ModelStore
from ondol.progress import Progress, Silent


def prepare_graph(
    weights: Path, name: str, *, store: ModelStore, progress: Progress | None, write: Callable[[Path, str], None]
) -> Path:
    """The file of a graph made from `weights`; `write(path, sha256 of the weights)` makes it the first time."""
    graph = graph_path(weights, name, store)
    if not graph.is_file():
        _build(weights, graph, store=store, progress=progress or Silent(), write=write)
    return graph


def graph_path(weights: Path, name: str, store: ModelStore) -> Path:
    """Where the graph belongs: beside a model of ours, in ondol's home for a folder of the user's own."""
    folder = weights.parent
    if folder.parent == store.folder:
        return folder / "onnx" / f"model-{name}.onnx"
    state = weights.stat()
    key = hashlib.sha256(f"{folder.resolve()} {state.st_size} {state.st_mtime_ns}".encode()).hexdigest()[:16]
    return store.folder / ".onnx" / f"{key}-{name}.onnx"


def _build(
    weights: Path, graph: Path, *, store: ModelStore, progress: Progress, write: Callable[[Path, str], None]
) -> None:
    """Write the graph once, also when two processes want it, and its SHA-256 beside it for `verify`."""
    with locked(store.folder / ".locks" / graph.parent.parent.name, lambda: None):
        if graph.is_file():
            return
        progress.note(translate("Preparing {name} for this machine (once) …", name=weights.parent.name))
        for left in graph.parent.glob(f".{graph.name}.*"):  # of a build that was killed
            left.unlink()
        sha256 = sha256_of(weights)

        def write_both(path: Path) -> None:
            write(path, sha256)
            write_atomic(graph.with_name(f"{graph.name}.sha256"), sha256_of(path).encode())

        write_atomic(graph, write_both)
