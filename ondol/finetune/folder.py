"""The folder of a run: what was taught to what, and how it went."""

from __future__ import annotations

import importlib.metadata
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ondol.errors import Damaged, NotFound
from ondol.registry import nearest

ABOUT, RUN, LOG = "run.json", "run.toml", "log.jsonl"
ADAPTER, MODEL, CHECKPOINTS = "adapter", "model", "checkpoints"
"""PEFT's folder; a whole model; what an interrupted run goes on from."""


def read_log(folder: Path) -> list[dict[str, Any]]:
    """Rows of `log.jsonl`; a last line that was cut off by a kill is left out."""
    path, rows = folder / LOG, []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            rows.append(json.loads(line))
        except ValueError:
            break
    return rows


def is_main_process() -> bool:
    """The one of several that writes."""
    return os.environ.get("RANK", "0") == "0"


def versions_of(packages: Iterable[str]) -> dict[str, str]:
    """Of what made a run; empty for a package that is not here."""
    found = {}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = ""
    return found


def adapters_home(home: Path) -> Path:
    return home / "adapters"


HELD_OUT, CURVE = "held_out.jsonl", "loss.svg"
"""Held-out examples with their nats before and after; the curve of the loss."""


def gguf_of(folder: Path) -> Path:
    """The LoRA for llama.cpp; it has the run's name, by which a call gives it another scale."""
    return folder / f"{folder.name}.gguf"


def write_about(folder: Path, about: Mapping[str, Any]) -> None:
    """Whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{ABOUT}.{os.getpid()}"
    with partial.open("w", encoding="utf-8") as file:
        file.write(json.dumps(about, ensure_ascii=False, indent=1, default=str) + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(folder / ABOUT)


def read_about(folder: Path) -> dict[str, Any]:
    """Raises Damaged when the file cannot be read."""
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        if not isinstance(about, dict):
            raise ValueError("no object")
    except (OSError, ValueError) as error:
        raise Damaged(
            "The run in {folder} cannot be read: {reason}.", hint="Remove it, or train it again.", folder=folder,
            reason=error,
        ) from error  # fmt: skip
    return about


def list_runs(home: Path) -> list[dict[str, Any]]:
    """`run.json` of every run, with its `path`; one that cannot be read has the status `damaged`."""
    rows = []
    top = adapters_home(home)
    for folder in sorted(top.iterdir()) if top.is_dir() else ():
        if folder.name.startswith(".") or not (folder / ABOUT).is_file():
            continue  # a plan alone is no run
        try:
            rows.append({**read_about(folder), "path": str(folder)})
        except Damaged as error:
            rows.append({"name": folder.name, "status": "damaged", "problem": error.message, "path": str(folder)})
    return rows


def find_run(home: Path, name: str) -> Path:
    """The folder of a finished run.

    Raises:
        NotFound: there is none of that name, or it was never finished.
    """
    folder = adapters_home(home) / name
    if name and "/" not in name and (folder / ABOUT).is_file():
        if read_about(folder).get("status") == "done":
            return folder
        raise NotFound(
            "The run '{name}' was not finished.", hint="Go on with it: ondol finetune {run}", name=name,
            run=folder / RUN,
        )  # fmt: skip
    known = [row["name"] for row in list_runs(home) if row.get("status") == "done"]
    close = nearest(name, known)
    raise NotFound(
        "No adapter is called '{name}'.",
        hint="Did you mean '{close}'? Known: {known}." if close else "Known: {known}. See: ondol adapters list",
        name=name, close=close, known=", ".join(known) or "–",
    )  # fmt: skip
