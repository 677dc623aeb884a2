"""Settings: one value per name, and where it came from."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from ondol.errors import UsageError
from ondol.lang import nfc


def default_home() -> Path:
    """`~/.local/share/ondol`, or the folder that XDG_DATA_HOME names."""
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "ondol"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the parts are called and where they live."""

    home: Path = field(default_factory=default_home)
    """The only folder ondol writes to unless told otherwise: models and collections."""
    collection: str = "main"
    """The library that is searched; any Unicode name."""
    embeddings: str = "onnx:multilingual-e5-small"
    """Model that turns text into vectors."""
    model: str = "llama.cpp:gemma-3-270m"
    """Chat model that words the answers."""
    store: str = "faiss"
    """Vector store of a new collection; an existing one keeps its own."""
    dictionary: str = ""
    """File with words of one's own, one a line, that the search keeps whole; empty reads `words.txt` in `home`."""
    reranker: str = ""
    """Model that reads the best hits again, such as `onnx:path/to/cross-encoder`; empty for none, which is the default
    because none that can be had here pays (docs/retrieval.md). `ondol evaluate retrieval` tells whether yours does."""
    reader: str = "onnx:ondol-reader"
    """Model that finds the words that answer a question, and says when they are not there, such as `onnx:FOLDER` of a
    run of `ondol finetune --kind span`; empty for none."""
    writer: str = ""
    """Adapter with which its base answers from documents, where no other is asked for, such as `ondol-writer`; empty
    for none, which is the default because the reader finds the right words at least as often, in a tenth of the time
    (docs/reader.md)."""
    threshold: float = 0.5
    """Least confidence with which a question is answered from documents, 0 to 1; below it ondol abstains."""
    rerank_ms: int = 500
    """Most milliseconds that reranking may take for a question; what is not read by then keeps its place."""
    threads: int = 0
    """Threads for models; 0 takes the cores that are free."""
    context: int = 0
    """Tokens of prompt and answer that a chat model holds; 0 is 4096, or less where the model was trained on less."""
    device: str = ""
    """Where chat models run: "cpu", "cuda", "mps"; empty takes the best one that works, and says why."""
    dtype: str = ""
    """Numbers that `hf` computes with: "float32", "bfloat16", "float16", "int8", "int4"; empty fits the device."""
    offline: bool = False
    """Refuse every network call."""
    origin: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Setting → where its value came from ("default", "ONDOL_HOME", a file, "argument")."""

    def __post_init__(self) -> None:
        problems = []
        if not self.collection.strip():
            problems.append("the collection's name is empty")
        if self.threads < 0:
            problems.append(f"threads is {self.threads}, it must be 0 or more")
        if not 0 <= self.threshold <= 1:
            problems.append(f"threshold is {self.threshold}, it must be from 0 to 1")
        if self.rerank_ms < 1:
            problems.append(f"rerank_ms is {self.rerank_ms}, it must be 1 or more")
        if self.context < 0:
            problems.append(f"context is {self.context}, it must be 0 or more")
        if problems:
            raise UsageError(
                "The settings do not fit: {problems}.", hint="See: ondol doctor", problems="; ".join(problems)
            )


def setting_names() -> list[str]:
    return [item.name for item in fields(Settings) if item.name != "origin"]


def config_files() -> list[Path]:
    """Files read, the strongest first: here, then the person's own."""
    config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return [Path("ondol.toml"), Path(config) / "ondol" / "ondol.toml"]


def load_settings(**arguments: Any) -> Settings:
    """Gather settings: argument > `ONDOL_*` environment > `ondol.toml` here > the person's file > default.

    An argument of None counts as not given.

    Raises:
        UsageError: a file is not TOML, names a setting that does not exist, or a value has the wrong type.
    """
    layers: list[tuple[str, Mapping[str, Any]]] = [
        ("argument", {name: value for name, value in arguments.items() if value is not None})
    ]
    for name in setting_names():
        variable = f"ONDOL_{name.upper()}"
        if os.environ.get(variable):
            layers.append((variable, {name: os.environ[variable]}))
    layers += [(str(path), _read(path)) for path in config_files() if path.is_file()]
    chosen: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for name in setting_names():
        source, layer = next(((s, rows) for s, rows in layers if name in rows), ("default", {}))
        origin[name] = source
        if source != "default":
            chosen[name] = _convert(name, layer[name], source)
    return Settings(**chosen, origin=origin)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            "{path} cannot be read: {reason}.", hint="Check its permissions.", path=path, reason=error.strerror
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            "{path} is not a TOML file: {reason}", hint="Mend or move it.", path=path, reason=error
        ) from error
    unknown = sorted(set(rows) - set(setting_names()))
    if unknown:
        raise UsageError(
            "{path} sets what ondol does not know: {unknown}.",
            hint="Known: {known}.",
            path=path,
            unknown=", ".join(unknown),
            known=", ".join(setting_names()),
        )
    return rows


def _convert(name: str, value: Any, source: str) -> Any:
    """Text from the environment and TOML values to the field's type."""
    try:
        if name == "home":
            return Path(str(value)).expanduser()
        if name in ("threads", "context", "rerank_ms"):
            return int(value)
        if name == "threshold":
            return float(value)
        if name == "offline":
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[str(value).lower()]
        return nfc(str(value))
    except (ValueError, KeyError) as error:
        raise UsageError(
            "{source} sets {name} to '{value}', which is not a value it can have.",
            hint="Change it there.",
            source=source,
            name=name,
            value=value,
        ) from error
