"""What `ondol doctor` looks at, and what it says when something is wrong."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ondol.embeddings import EMBEDDINGS
from ondol.errors import OndolError
from ondol.lang import translate
from ondol.models import MODELS
from ondol.registry import Entry, resolve, split_spec
from ondol.settings import Settings
from ondol.vector_stores import VECTOR_STORES

Problem = dict[str, str]
LEAST_MEMORY_MB, LEAST_DISK_MB = 1500, 1000


def find_problems(settings: Settings, machine: Mapping[str, Any]) -> list[Problem]:
    """Rows of `what` is wrong and the `fix`; a part that cannot even be opened tells it by its error."""
    found: list[Problem] = []
    for check in _checks(settings, machine):
        try:
            found += check()
        except OndolError as error:
            found.append({"what": error.message, "fix": error.hint})
    return found


def _checks(settings: Settings, machine: Mapping[str, Any]) -> list[Callable[[], Iterator[Problem]]]:
    return [
        lambda: _home(settings),
        lambda: _model("ondol.embeddings", EMBEDDINGS, settings.embeddings, settings),
        lambda: _model("ondol.models", MODELS, settings.model, settings),
        lambda: _vector_store(settings),
        lambda: _library(settings),
        lambda: _room(machine),
    ]


def _home(settings: Settings) -> Iterator[Problem]:
    place = next(path for path in (settings.home, *settings.home.absolute().parents) if path.exists())
    if not (place.is_dir() and os.access(place, os.W_OK)):
        yield {
            "what": translate("{path} is not a folder that can be written to.", path=place),
            "fix": translate(
                "See whether the disk is full and you may write there, or name another folder with --home."
            ),
        }


def _model(package: str, registry: Mapping[str, Entry], spec: str, settings: Settings) -> Iterator[Problem]:
    from ondol.assemble import open_model_store

    runtime, name = split_spec(spec, what="model", example="llama.cpp:gemma-3-270m")
    resolve(package, registry, runtime, what="runtime")
    if runtime != "fake":
        open_model_store(settings).locate(name)
    yield from ()


def _vector_store(settings: Settings) -> Iterator[Problem]:
    resolve("ondol.vector_stores", VECTOR_STORES, settings.store, what="vector store")
    yield from ()


def _library(settings: Settings) -> Iterator[Problem]:
    from ondol.assemble import open_library
    from ondol.library.folders import collection_folder, has_library

    if has_library(collection_folder(settings.home, settings.collection), create=False):
        with open_library(settings=settings) as library:
            for row in library.verify():
                yield {"what": row["what"], "fix": row["fix"]}


def _room(machine: Mapping[str, Any]) -> Iterator[Problem]:
    if machine["available_mb"] and machine["available_mb"] < LEAST_MEMORY_MB:
        yield {"what": f"only {machine['available_mb']} MiB of memory are free", "fix": "close other programs"}
    if machine["free_disk_mb"] < LEAST_DISK_MB:
        yield {"what": f"only {machine['free_disk_mb']} MiB of disk are free", "fix": "make room, or set ONDOL_HOME"}
