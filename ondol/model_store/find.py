"""Model files that other programs on this machine already hold: read where they are, never copied or changed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ondol.model_store.hub_quant import names_quant

MODEL_LAYER = "application/vnd.ollama.image.model"
LARGEST_MANIFEST = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundModel:
    program: str
    name: str
    """As that program calls it."""
    format: Literal["gguf", "safetensors"]
    path: str
    bytes: int
    """Of all files with weights."""
    spec: str
    """What to write for it: `ondol ask … --model SPEC`."""


def find_models() -> list[FoundModel]:
    """Models of Ollama, LM Studio, the hub's cache and llama.cpp's cache, in this order and by name."""
    home = Path.home()
    return [
        *find_ollama(ollama_folder()),
        *(row for part in (".lmstudio/models", ".cache/lm-studio/models") for row in _find_lm_studio(home / part)),
        *_find_hub(hub_folder()),
        *(row for part in ("Library/Caches", ".cache") for row in _find_llama_cpp(home / part / "llama.cpp")),
    ]


def ollama_folder() -> Path:
    return Path(os.environ.get("OLLAMA_MODELS") or "~/.ollama/models").expanduser()


def hub_folder() -> Path:
    own = os.environ.get("HF_HUB_CACHE")
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(own or Path(os.environ.get("HF_HOME") or f"{cache}/huggingface") / "hub").expanduser()


def find_ollama(folder: Path) -> list[FoundModel]:
    """Models whose manifest names a blob that is there; a pull that was interrupted is none."""
    found = []
    for manifest in _files(folder / "manifests", "*/*/*/*"):
        registry, owner, name, tag = manifest.relative_to(folder / "manifests").parts
        blob = _read_blob(manifest, folder)
        if blob:
            short = f"{name}:{tag}" if owner == "library" else f"{owner}/{name}:{tag}"
            full = short if registry == "registry.ollama.ai" else f"{registry}/{short}"
            row = _row("Ollama", full, [blob])
            found.append(replace(row, spec=f"llama.cpp:ollama/{full}"))
    return sorted(found, key=lambda row: row.name)


def find_in_ollama(name: str) -> Path | None:
    """The file of `llama3.2:1b`; without a tag, `latest` is meant, as in Ollama."""
    wanted = name if ":" in name.rpartition("/")[2] else f"{name}:latest"
    return next((Path(row.path) for row in find_ollama(ollama_folder()) if row.name == wanted), None)


def find_quant(repository: str, quant: str) -> Path | None:
    """The GGUF file of `owner/repo:Q4_K_M` in another program's folders; of several the one with the shortest name."""
    rows = [row for row in find_models() if row.format == "gguf" and row.name.startswith(f"{repository}/")]
    fitting = [row for row in rows if names_quant(Path(row.path).name, quant)]
    chosen = min(fitting, key=lambda row: (len(row.name), row.name), default=None)
    return Path(chosen.path) if chosen else None


def _read_blob(manifest: Path, folder: Path) -> Path | None:
    """The GGUF file of a manifest; None for other files in that folder, which are no models."""
    try:
        if manifest.stat().st_size > LARGEST_MANIFEST:
            return None
        layers = json.loads(manifest.read_bytes())["layers"]
        digest = next(layer["digest"] for layer in layers if layer["mediaType"] == MODEL_LAYER)
        kind, _, hexadecimal = digest.partition(":")
        blob = folder / "blobs" / f"{kind}-{hexadecimal}"
        return blob if hexadecimal.isalnum() and kind.isalnum() and blob.is_file() else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, StopIteration, RecursionError):
        return None


def _find_lm_studio(folder: Path) -> Iterator[FoundModel]:
    """`owner/repository/file.gguf`, or a repository of safetensors."""
    for repository in _files(folder, "*/*", kind=Path.is_dir):
        name = repository.relative_to(folder).as_posix()
        yield from _find_in(repository, program="LM Studio", name=name)


def _find_hub(folder: Path) -> Iterator[FoundModel]:
    """The snapshot that `refs/main` names, or the latest where there is no such."""
    for repository in _files(folder, "models--*", kind=Path.is_dir):
        snapshots = _files(repository / "snapshots", "*", kind=Path.is_dir)
        try:
            named = (repository / "refs" / "main").read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            named = ""
        chosen = [path for path in snapshots if path.name == named] or snapshots[-1:]
        for snapshot in chosen:
            name = repository.name.removeprefix("models--").replace("--", "/")
            yield from _find_in(snapshot, program="hub cache", name=name)


def _find_llama_cpp(folder: Path) -> Iterator[FoundModel]:
    yield from _find_in(folder, program="llama.cpp", name="")


def _find_in(folder: Path, *, program: str, name: str) -> Iterator[FoundModel]:
    """Every GGUF file below a folder (split ones once, image encoders never), or its safetensors."""
    for path in _files(folder, "**/*.gguf"):
        first = "-00001-of-" in path.name
        if path.name.startswith("mmproj") or ("-of-" in path.name and not first):
            continue
        parts = _files(path.parent, f"{path.name.split('-00001-of-')[0]}-*-of-*.gguf") if first else [path]
        yield _row(program, f"{name}/{path.stem}" if name else path.stem, parts)
    weights = _files(folder, "*.safetensors")
    if weights and (folder / "config.json").is_file():
        size = sum(path.stat().st_size for path in weights)
        yield FoundModel(program=program, name=name, format="safetensors", path=os.fspath(folder), bytes=size,
                         spec=f"hf:{folder}")  # fmt: skip


def _row(program: str, name: str, parts: list[Path]) -> FoundModel:
    size = sum(part.stat().st_size for part in parts)
    path = os.fspath(parts[0])
    return FoundModel(program=program, name=name, format="gguf", path=path, bytes=size, spec=f"llama.cpp:{path}")


def _files(folder: Path, pattern: str, kind: Callable[[Path], bool] = Path.is_file) -> list[Path]:
    """What matches and can be read; a link to nothing is no file, a folder of another user is empty."""
    try:
        return sorted(path for path in folder.glob(pattern) if kind(path))
    except OSError:
        return []
