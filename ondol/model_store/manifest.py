"""`manifest.json`: what a model's folder must hold, down to the byte."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class Sum:
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Files of a model by path below its folder, and the source they came from."""

    source: str
    files: dict[str, Sum]
    date: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files.values())

    @property
    def weights(self) -> Sum:
        """The largest file."""
        return max(self.files.values(), key=lambda file: file.bytes)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make_manifest(folder: Path, source: str) -> Manifest:
    """Sum up every file below `folder`."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != NAME)
    sums = {path.relative_to(folder).as_posix(): Sum(path.stat().st_size, sha256_of(path)) for path in paths}
    return Manifest(source, sums)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    write_atomic(folder / NAME, json.dumps(asdict(manifest), ensure_ascii=False, indent=1).encode())


def read_manifest(folder: Path) -> Manifest | None:
    """The folder's manifest, or None where there is none that can be read."""
    try:
        row = json.loads((folder / NAME).read_text(encoding="utf-8"))
        files = {name: Sum(**file) for name, file in row["files"].items()}
        return Manifest(row["source"], files, row["date"]) if files else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def find_problem(folder: Path, manifest: Manifest, *, every_byte: bool) -> str:
    """Say what is wrong with the files, or nothing; sizes only unless `every_byte` is read (1 s per GB)."""
    for name, file in manifest.files.items():
        path = folder / name
        if not path.is_file():
            return f"{name} is missing"
        if path.stat().st_size != file.bytes:
            return f"{name} has {path.stat().st_size} bytes instead of {file.bytes}"
        if every_byte and (found := sha256_of(path)) != file.sha256:
            return f"{name} has SHA-256 {found} instead of {file.sha256}"
    return _find_problem_in_built(folder) if every_byte else ""


def _find_problem_in_built(folder: Path) -> str:
    """Check what was built here (graphs) against the `.sha256` beside it."""
    for kept in folder.rglob("*.sha256"):
        built = kept.with_suffix("")
        if built.is_file() and sha256_of(built) != kept.read_text(encoding="utf-8").strip():
            return f"{built.relative_to(folder)} has changed since it was built"
    return ""


def write_atomic(path: Path, content: bytes | Callable[[Path], None]) -> None:
    """Put `content`, or what it writes to the path it is given, under `path` in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if callable(content):
            content(beside)
        else:
            beside.write_bytes(content)
        sync(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until the file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
