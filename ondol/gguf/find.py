"""The file that a name or folder stands for, and its checksum."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ondol.errors import UsageError
from ondol.gguf.file import list_parts
from ondol.model_store.lock import locked
from ondol.model_store.manifest import sha256_of, write_atomic
from ondol.model_store.store import ModelStore


def find_gguf(folder: Path) -> Path:
    """The one GGUF file in `folder`, or the first part of one that is split.

    Raises:
        UsageError: there is none, or more than one.
    """
    files = [path for path in sorted(folder.glob("*.gguf")) if "-of-" not in path.stem or "-00001-of-" in path.stem]
    if len(files) != 1:
        raise UsageError(
            "{folder} holds {count} GGUF files; llama.cpp opens one.",
            hint="Name the file itself: llama.cpp:path/to/file.gguf",
            folder=folder, count=len(files),
        )  # fmt: skip
    return files[0]


def locate_gguf(name: str, store: ModelStore) -> Path:
    """The file of a name in the catalogue, a path, or a folder with one GGUF file.

    Raises:
        NotFound: no such model on this machine.
        UsageError: no name, or a folder with none or several.
    """
    if not name:
        raise UsageError("llama.cpp: needs the name of a model.", hint="Such as llama.cpp:path/to/file.gguf")
    found = store.locate(name)
    return find_gguf(found) if found.is_dir() else found


def weights_sha256(path: Path, store: ModelStore) -> str:
    """SHA-256 of the file, or of its parts' sums where it is split; remembered in ondol's home.

    Reading 5 GB takes seconds, and every question opens the embedder anew.
    """
    parts = list_parts(path)
    states = [(str(part.resolve()), part.stat().st_size, part.stat().st_mtime_ns) for part in parts]
    known = store.folder / ".sha256" / hashlib.sha256(repr(states).encode()).hexdigest()[:32]
    with locked(store.folder / ".locks" / known.name, lambda: None):
        if not known.is_file():
            sums = [sha256_of(part) for part in parts]
            whole = sums[0] if len(sums) == 1 else hashlib.sha256("".join(sums).encode()).hexdigest()
            write_atomic(known, whole.encode())
    return known.read_text(encoding="ascii")
