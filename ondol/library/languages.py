"""Which language a source is in."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from ondol.lang import detect_language

SAMPLE = 2000
"""Characters at the beginning and in the middle that tell it; a Korean paper may begin with an English abstract."""


def language_of(text: str) -> str:
    middle = max(SAMPLE, len(text) // 2)
    return detect_language(text[:SAMPLE] + text[middle : middle + SAMPLE])


def fill_languages(db: sqlite3.Connection) -> None:
    """Tell the language of sources that were added before ondol kept it; nothing is read when there are none.

    One statement writes it, which may stand inside another thread's transaction on the same connection.
    """
    if not db.execute("SELECT 1 FROM sources WHERE language = '' LIMIT 1").fetchone():
        return
    rows = db.execute(
        """SELECT source_id, substr(text, 1, ?1), substr(text, max(?1, length(text) / 2) + 1, ?1) FROM pieces
           WHERE start = 0 AND source_id IN (SELECT id FROM sources WHERE language = '')""",
        [SAMPLE],
    )
    found = {source_id: detect_language(beginning + middle) for source_id, beginning, middle in rows}
    db.execute(
        """UPDATE sources SET language = found.value FROM json_each(?) AS found
           WHERE sources.id = CAST(found.key AS INTEGER)""",
        [json.dumps(found)],
    )


class Languages:
    """Which languages the chunks are in: that of their source."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    @property
    def state(self) -> tuple[int, int]:
        """Something else after any change of the library, by this process or another."""
        return int(self._db.execute("PRAGMA data_version").fetchone()[0]), self._db.total_changes

    def sample(self, limit: int) -> dict[str, list[str]]:
        """Language → ids of at most `limit` chunks of it, drawn by their hash: the same ones every time."""
        fill_languages(self._db)
        query = """SELECT c.id FROM chunks c JOIN sources s ON s.id = c.source_id
                   WHERE s.language = ? AND c.state = 'live' ORDER BY c.id LIMIT ?"""
        known = [row[0] for row in self._db.execute("SELECT DISTINCT language FROM sources")]
        found = {name: [row[0] for row in self._db.execute(query, [name, limit])] for name in known}
        return {name: ids for name, ids in found.items() if ids}

    def of(self, chunk_ids: Sequence[str]) -> dict[str, str]:
        """Chunk id → language."""
        query = """SELECT c.id, s.language FROM chunks c JOIN sources s ON s.id = c.source_id
                   WHERE c.id IN (SELECT value FROM json_each(?))"""
        return {row[0]: row[1] for row in self._db.execute(query, [json.dumps(list(chunk_ids))])}
