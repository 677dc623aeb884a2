"""The index file of the `faiss` store: written beside and renamed, read only when its checksum holds."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import faiss


def read_snapshot(database: sqlite3.Connection, path: Path, change: int) -> Any:
    """The index in `path` when it belongs to state `change` and its bytes are right, else None."""
    row = database.execute("SELECT value FROM state WHERE name = 'snapshot'").fetchone()
    kept = json.loads(row[0]) if row else {}
    if kept.get("change") != change or not path.is_file() or _sha256(path) != kept.get("sha256"):
        return None
    return faiss.read_index(str(path))


def write_snapshot(database: sqlite3.Connection, index: Any, path: Path, change: int) -> None:
    """Put `index` into `path` for state `change`, unless just that is there already."""
    row = database.execute("SELECT value FROM state WHERE name = 'snapshot'").fetchone()
    if row and json.loads(row[0])["change"] == change and path.is_file():
        return
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        faiss.write_index(index, str(partial))
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        kept = json.dumps({"change": change, "sha256": _sha256(partial)})
        partial.replace(path)
        with database:
            database.execute("INSERT OR REPLACE INTO state VALUES ('snapshot', ?)", [kept])
    except (OSError, RuntimeError, sqlite3.OperationalError):  # faiss tells a full disk by RuntimeError
        partial.unlink(missing_ok=True)  # a search is not worse for it: the next one builds the index again


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
