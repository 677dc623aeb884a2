"""Which language a source is in."""

from __future__ import annotations

import json
import sqlite3

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
        """SELECT source_id, substr(text, 1, ?1), substr(text, max(?1, length(text) / 2) + 1, ?1) FROM texts
           WHERE source_id IN (SELECT id FROM sources WHERE language = '')""",
        [SAMPLE],
    )
    found = {source_id: detect_language(beginning + middle) for source_id, beginning, middle in rows}
    db.execute(
        """UPDATE sources SET language = found.value FROM json_each(?) AS found
           WHERE sources.id = CAST(found.key AS INTEGER)""",
        [json.dumps(found)],
    )
