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

    def below(self, folder: Path, path: str) -> list[KnownFile]:
        """The files in `folder` or below it, and those that were found through a link in it, as `path` calls it."""
        places, paths = str(folder).rstrip("/") + "/", path.rstrip("/") + "/"
        rows = self._db.execute("SELECT place, path, sha256, recipe FROM files ORDER BY place")
        return [KnownFile(*row) for row in rows if row["place"].startswith(places) or row["path"].startswith(paths)]

    def move(self, file: KnownFile, place: str, path: str) -> int:
        """The file stands at another place now; its sources, whose number this gives, stay as they are."""
        with transaction(self._db) as db:
            db.execute("DELETE FROM files WHERE place IN (?, ?)", [file.place, place])
            db.execute("INSERT INTO files VALUES (?, ?, ?, ?)", [place, path, file.sha256, file.recipe])
            query = """UPDATE sources SET place = ?1, source = ?2 || CASE part WHEN '' THEN '' ELSE '/' || part END
                       WHERE place = ?3"""
            return db.execute(query, [place, path, file.place]).rowcount

    def forget(self, place: str) -> None:
        """A file that is gone."""
        self._db.execute("DELETE FROM files WHERE place = ?", [place])

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
