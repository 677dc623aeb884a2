"""Sources that were removed a moment ago, kept in the home so that they can be taken back, also after a restart.

What is kept is enciphered, and the token that the caller gets is the only key: when the time is over nobody can read
it any more, even where no server runs that could delete it.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from ondol.errors import NotFound
from ondol.library.copies import Copy
from ondol.library.library import Library
from ondol.library.tags import TagChange
from ondol.model_store.manifest import write_atomic

FOLDER = "removed"
KEPT_S = 600
MOST_CHARACTERS = 1_000_000
"""Of one removal: about a minute of embedding when it is taken back on two cores."""
MOST_BYTES = 32 << 20
"""Of all of them: about four of the longest; the oldest go first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    collection: str
    copy: Copy


class Removals:
    """The latest ones, a file each; its time is when it was written."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def keep(self, removal: Removal) -> tuple[str, float]:
        """Returns the token, and until when it holds, in seconds since 1970."""
        token = Fernet.generate_key().decode()
        row = {"collection": removal.collection, "copy": removal.copy.to_json()}
        write_atomic(self._path(token), Fernet(token).encrypt(json.dumps(row).encode()))
        self.sweep()
        return token, time.time() + KEPT_S

    def find(self, token: str) -> Removal:
        """Raises NotFound when it is over."""
        self.sweep()
        try:
            row = json.loads(Fernet(token).decrypt(self._path(token).read_bytes(), ttl=KEPT_S))
        except (FileNotFoundError, InvalidToken, ValueError):  # ValueError: it is no token of ours
            raise over() from None
        return Removal(collection=row["collection"], copy=Copy.from_json(row["copy"]))

    def forget(self, token: str) -> None:
        self._path(token).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Delete what is over, also what a server that was killed has left, and come back for the rest."""
        with self._lock:
            kept = 0
            for written, size, path in sorted(self._files(), reverse=True):
                kept += size
                if kept > MOST_BYTES or written + KEPT_S < time.time():
                    path.unlink(missing_ok=True)
            self._sweep_later()

    def close(self) -> None:
        with self._lock:
            if self._timer:
                self._timer.cancel()

    def _sweep_later(self) -> None:
        if self._timer:
            self._timer.cancel()
        if files := list(self._files()):
            self._timer = threading.Timer(max(1.0, min(files)[0] + KEPT_S - time.time()), self.sweep)
            self._timer.daemon = True
            self._timer.start()

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            try:
                status = path.stat()
            except FileNotFoundError:  # taken back by another thread
                continue
            yield status.st_mtime, status.st_size, path

    def _path(self, token: str) -> Path:
        return self._folder / hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def over() -> NotFound:
    return NotFound("This cannot be taken back any more.", hint="Add the documents again.")


def write_back(library: Library, copy: Copy) -> tuple[list[str], list[str]]:
    """Write the sources of `copy` again; those whose id or file is in the library once more stay as they are.

    Returns:
        Document ids that are back, and those that were there.
    """
    there = {draft.document_id for draft in copy.drafts if library.stamp(draft.document_id)}
    taken = {file.place for file in copy.files if library.files.stamp(file.place)}
    back = [draft for draft in copy.drafts if draft.document_id not in there and draft.place not in taken]
    names = [draft.document_id for draft in back]
    library.write(back, files=[file for file in copy.files if file.place not in taken])
    for name in names:
        if copy.tags[name]:
            library.tag([name], TagChange(add=copy.tags[name]))
    library.finish()
    return names, [draft.document_id for draft in copy.drafts if draft.document_id not in names]
