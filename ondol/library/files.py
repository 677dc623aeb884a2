"""The files that the sources are from: what was read of them last, and which could not be read."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import NamedTuple

from ondol.library.database import transaction
from ondol.library.writing import now


class KnownFile(NamedTuple):
    place: str
    path: str
    """As it was added."""
    sha256: str
    recipe: str


class Files:
    """One row a file; the sources in it name it as their `place`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def stamp(self, place: str) -> tuple[str, str] | None:
        """SHA-256 and recipe of the file as it was read last."""
        row = self._db.execute("SELECT sha256, recipe FROM files WHERE place = ?", [place]).fetchone()
        return (row[0], row[1]) if row else None

    def below(self, folder: Path) -> list[KnownFile]:
        """The files that stand in `folder` or below it, by place."""
        top = str(folder).rstrip("/") + "/"
        rows = self._db.execute("SELECT place, path, sha256, recipe FROM files ORDER BY place")
        return [KnownFile(*row) for row in rows if row["place"].startswith(top)]

    def sources_of(self, place: str) -> dict[str, tuple[str, str]]:
        """Path inside the file → document id and SHA-256, for each source that is from it."""
        rows = self._db.execute("SELECT part, document_id, sha256 FROM sources WHERE place = ?", [place])
        return {row[0]: (row[1], row[2]) for row in rows}

    def owner_of(self, document_id: str) -> tuple[str | None, str] | None:
        """The file of a source and the path inside it; None when there is no such source."""
        row = self._db.execute("SELECT place, part FROM sources WHERE document_id = ?", [document_id]).fetchone()
        return (row[0], row[1]) if row else None

    def note_failure(self, path: str, reason: str) -> None:
        """Keep the reason why a file could not be read, until it can."""
        with transaction(self._db) as db:
            db.execute("INSERT OR REPLACE INTO failures VALUES (?, ?, ?)", [path, reason, now()])

    def forget_failure(self, path: str) -> None:
        """Of the file, and of everything in it."""
        if self._db.execute("SELECT 1 FROM failures LIMIT 1").fetchone():
            inside = path + "/"
            query = "DELETE FROM failures WHERE path = ?1 OR substr(path, 1, length(?2)) = ?2"
            self._db.execute(query, [path, inside])

    def failures(self) -> list[str]:
        return [row[0] for row in self._db.execute("SELECT path FROM failures")]
