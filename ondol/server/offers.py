"""Which models a client may name: those that are ready here, and what the server was started with.

Any other spec is refused: one with a path or an address would open files or reach servers on a stranger's word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ondol.assemble import open_model_store
from ondol.errors import NotFound
from ondol.finetune.folder import gguf_of, list_runs
from ondol.model_store.store import ModelStore
from ondol.registry import nearest
from ondol.settings import Settings

PLAIN = "none"
"""The name of no adapter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A model by the name that clients use for it."""

    name: str
    """Spec, and behind a `+` the adapter's name."""
    spec: str
    adapter: str = PLAIN
    kind: str = "chat"
    """"chat" or "embeddings"."""
    created: int = 0
    """Seconds since 1970."""


def list_offers(settings: Settings) -> list[Offer]:
    """The settings' model and embedder first; every name once."""
    given = [
        Offer(name=settings.model, spec=settings.model),
        Offer(name=settings.embeddings, spec=settings.embeddings, kind="embeddings"),
    ]
    store = open_model_store(settings)
    found = {(offer.kind, offer.name): offer for offer in [*_models(store), *_adapters(store)]}
    first = {(offer.kind, offer.name): found.pop((offer.kind, offer.name), offer) for offer in given}
    return [*first.values(), *found.values()]


def find_offer(settings: Settings, name: str, *, kind: str = "chat") -> Offer:
    """What a client means; scripts of `fake:` are always offered.

    Raises:
        NotFound: nothing of that name is ready.
    """
    if name.startswith("fake:"):
        return Offer(name=name, spec=name, kind=kind)
    known = {offer.name: offer for offer in list_offers(settings) if offer.kind == kind}
    if name not in known:
        close = nearest(name, [*known])
        raise NotFound(
            "The server has no model '{name}'.",
            hint="Did you mean '{close}'? See: GET /v1/models" if close else "See: GET /v1/models",
            name=name, close=close, param="model",
        )  # fmt: skip
    return known[name]


def check_offered(settings: Settings, spec: str, adapter: str | None) -> None:
    """Raises NotFound when a client may not name this model or this adapter."""
    offers = list_offers(settings)
    known = {offer.spec for offer in offers if offer.kind == "chat"}
    if spec not in known:
        find_offer(settings, spec)
    adapters = {offer.adapter for offer in offers} | {PLAIN, settings.writer}
    if adapter is not None and adapter not in adapters:
        raise NotFound("The server has no adapter '{name}'.", hint="See: ondol adapters list", name=adapter)


def _models(store: ModelStore) -> Iterator[Offer]:
    for row in store.list_models():
        if row["status"] != "ready" or row["kind"] not in ("chat", "embeddings"):
            continue
        has_gguf = any(Path(row["path"]).rglob("*.gguf"))
        runtime = "llama.cpp" if has_gguf else "onnx" if row["kind"] == "embeddings" else "hf"
        name = f"{runtime}:{row['name']}"
        yield Offer(name=name, spec=name, kind=row["kind"], created=_age(row["path"]))


def _adapters(store: ModelStore) -> Iterator[Offer]:
    for model in store.catalogue.values():
        if model.kind == "adapter" and (row := store.row(model.name))["status"] == "ready":
            yield _adapter(f"llama.cpp:{model.base}", model.name, row["path"])
    for run in list_runs(store.home):
        if run.get("status") == "done" and run.get("kind", "chat") == "chat":
            runtime, _, base = run["base"].partition(":")
            here = gguf_of(Path(run["path"])).is_file() and base in store.catalogue
            yield _adapter(f"{'llama.cpp' if here else runtime}:{base}", run["name"], run["path"])


def _adapter(spec: str, name: str, path: str) -> Offer:
    return Offer(name=f"{spec}+{name}", spec=spec, adapter=name, created=_age(path))


def _age(path: str) -> int:
    return int(Path(path).stat().st_mtime) if Path(path).exists() else 0
