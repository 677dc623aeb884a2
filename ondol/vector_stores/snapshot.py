"""The index file of the `faiss` store: written beside and renamed, read only when it is the one that was written."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from ondol.vector_stores.documents import Documents
from ondol.vector_stores.vector_index import read_index
from ondol.vector_stores.view import View, advance

FORM = 2
"""Of the index file; 1 was a flat index in fp32."""
SPOTS, SPOT = 64, 65_536
"""Pieces of the file that are compared before it is mapped: 3 ms. `find_damage` compares all of it."""
WORTH = 1024
"""Changes that are not worth a new file, or a 64th of it: the next process reads them from the database in 10 ms."""


def load_view(db: sqlite3.Connection, path: Path) -> View:
    """The view that is in `path`; an empty one when there is none, or it is not as it was written."""
    kept = _kept(db)
    if not _is_whole(kept, path):
        return View()
    return View(change=kept["change"], last=kept["last"], index=read_index(path))


def save_view(documents: Documents, view: View | None, path: Path) -> None:
    """Put the documents as they are into `path`, unless what is there is hardly behind; `view` saves some reading.

    The file and what is known of it change in one transaction, so that two processes cannot mix theirs.
    """
    with documents.reading() as db:
        if not _is_behind(db, path):
            return
        view = advance(load_view(db, path) if view is None else view, db, loose=0)
    if view.index is None:
        return
    partial = path.with_name(f"{path.name}.{uuid4().hex}")
    try:
        _remove_left_over(path)
        view.index.write(partial)
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        kept: dict[str, Any] = {"form": FORM, "change": view.change, "last": view.last, "count": len(view)}
        kept |= {"spots": _spots(partial), "sha256": _sha256(partial)}
        with documents.writing() as db:
            before = _kept(db).get("change", 0)
            if before > view.change:
                return  # another process was faster, and knows more
            partial.replace(path)
            db.execute("INSERT OR REPLACE INTO state VALUES ('snapshot', ?)", [json.dumps(kept)])
            db.execute("DELETE FROM gone WHERE change <= ?", [before])
            db.execute("INSERT OR REPLACE INTO state VALUES ('forgotten', ?)", [before])
    except (OSError, RuntimeError, sqlite3.OperationalError):  # faiss tells a full disk by RuntimeError
        pass  # a search is not worse for it: the next one makes the index again
    finally:
        partial.unlink(missing_ok=True)


def drop_damaged(db: sqlite3.Connection, path: Path) -> None:
    """Delete the file when a byte of it is not as it was written; the next search makes it again."""
    kept = _kept(db)
    if kept and path.is_file() and _sha256(path) != kept["sha256"]:
        path.unlink()


def _is_behind(db: sqlite3.Connection, path: Path) -> bool:
    kept = _kept(db)
    if not _is_whole(kept, path):
        return True
    query = """SELECT (SELECT count(*) FROM documents WHERE row > ?) + (SELECT count(*) FROM gone WHERE change > ?)"""
    (changes,) = db.execute(query, [kept["last"], kept["change"]]).fetchone()
    return bool(changes > max(WORTH, kept["count"] // 64))


def _remove_left_over(path: Path) -> None:
    """Files that a killed process was writing an hour ago."""
    for partial in path.parent.glob(f"{path.name}.*"):
        if partial.stat().st_mtime < time.time() - 3600:
            partial.unlink()


def _kept(db: sqlite3.Connection) -> dict[str, Any]:
    """What is known of the index file; nothing when it has another form."""
    row = db.execute("SELECT value FROM state WHERE name = 'snapshot'").fetchone()
    kept: dict[str, Any] = json.loads(row[0]) if row else {}
    return kept if kept.get("form") == FORM else {}


def _is_whole(kept: dict[str, Any], path: Path) -> bool:
    return bool(kept) and path.is_file() and _spots(path) == kept["spots"]


def _spots(path: Path) -> str:
    """SHA-256 of the file's length and of pieces from all over it."""
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        for number in range(SPOTS):
            file.seek(max(0, size - SPOT) * number // (SPOTS - 1))
            digest.update(file.read(SPOT))
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
