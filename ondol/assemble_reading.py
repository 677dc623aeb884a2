"""Settings → what answers from documents: the reader, and the writer that belongs to the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ondol.assemble import open_model_store
from ondol.progress import Progress
from ondol.readers import READERS
from ondol.registry import resolve, split_spec
from ondol.settings import Settings, load_settings

if TYPE_CHECKING:
    from ondol.readers.contract import Reader


def open_reader(spec: str, *, settings: Settings | None = None, progress: Progress | None = None) -> Reader:
    """Open a reader by spec: `onnx:FOLDER` of a run of `ondol finetune --kind span`.

    Raises:
        NotFound: no such runtime, or the model or its base is not on this machine.
    """
    settings = settings or load_settings()
    runtime, name = split_spec(spec, what="reader", example="onnx:FOLDER")
    opener = resolve("ondol.readers", READERS, runtime, what="reader runtime")
    reader: Reader = opener(name, store=open_model_store(settings), threads=settings.threads, progress=progress)
    return reader


def open_default_reader(settings: Settings, progress: Progress | None = None) -> Reader | None:
    """The reader that the settings name; None where they name none, and where ondol's own has no base here.

    Raises:
        NotFound: one that a person named is not on this machine.
    """
    named = settings.reader not in ("", "none")
    known = open_model_store(settings).catalogue.get(settings.reader.partition(":")[2])
    here = named and (known is None or known.kind != "reader" or _take(known.name, settings))
    return open_reader(settings.reader, settings=settings, progress=progress) if here else None


def answering_options(settings: Settings, **options: Any) -> dict[str, Any]:
    """Options with which `open_model` opens the settings' model to answer from documents.

    They are those given, and the settings' writer where it belongs to the model and no other adapter is asked for.
    """
    runtime, _, name = settings.model.partition(":")
    known = open_model_store(settings).catalogue.get(settings.writer)
    asked = {"adapter", "adapters"} & options.keys()
    if known and known.base == name and runtime == "llama.cpp" and not asked and _take(known.name, settings):
        return {**options, "adapter": known.name}
    return options


def _take(name: str, settings: Settings) -> bool:
    """Put what comes with ondol into the model store; False where the model that it belongs to is not there."""
    store = open_model_store(settings)
    base = store.row(store.catalogue[name].base)
    if base["status"] == "ready" and store.row(name)["status"] != "ready":
        store.pull(name)
    return base["status"] == "ready"
