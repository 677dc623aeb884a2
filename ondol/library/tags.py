"""Tags of sources: those that a person gives stay, those that the source itself has come and go with its text."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ondol.errors import UsageError
from ondol.lang import nfc

COMMA = re.compile(r"[,，、]")
LONGEST = 100
"""Characters of a tag; longer ones are a list with other commas, or a mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagChange:
    """Tags that a person gives to sources or takes off them; commas separate several."""

    add: Sequence[str] = ()
    remove: Sequence[str] = ()

    def __post_init__(self) -> None:
        for given in (*self.add, *self.remove):
            if not split_tags([given]):
                raise UsageError("A tag is empty.", hint="Write it as: --tag NAME")
            if given.lstrip().startswith("!"):
                raise UsageError(
                    "'{tag}' is no tag: '!' means all that do not have it, in search.",
                    hint="Take a tag off with: ondol add PATH --untag NAME",
                    tag=given,
                )
        object.__setattr__(self, "add", split_tags(self.add))
        object.__setattr__(self, "remove", split_tags(self.remove))
        both = set(map(fold, self.add)) & set(map(fold, self.remove))
        if both:
            raise UsageError(
                "The tag '{tag}' is both to be given and to be taken off.", hint="Leave one out.", tag=min(both)
            )
        long = next((tag for tag in self.add if len(tag) > LONGEST), "")
        if long:
            raise UsageError(
                "A tag is longer than {most} characters.", hint="Give several: --tag A --tag B", most=LONGEST
            )

    def __bool__(self) -> bool:
        return bool(self.add or self.remove)


def fold(text: str) -> str:
    """What is compared, so that neither case nor the form of Unicode counts."""
    return text.lower() if text.isascii() else nfc(nfc(text).casefold())


def split_tags(given: Iterable[str]) -> tuple[str, ...]:
    """Single tags, NFC, without `#` in front; each once, as it is written first."""
    parts = (part for text in given for part in COMMA.split(nfc(text)))
    tags: dict[str, str] = {}
    for part in parts:
        tag = " ".join(part.split()).lstrip("# ")
        if tag:
            tags.setdefault(fold(tag), tag)
    return tuple(tags.values())


def write_own_tags(db: sqlite3.Connection, source_id: int, tags: Iterable[str]) -> None:
    """Replace the tags that the source itself has."""
    db.execute("DELETE FROM tags WHERE source_id = ? AND NOT given", [source_id])
    rows = [(source_id, fold(tag), tag) for tag in tags]
    db.executemany("INSERT OR IGNORE INTO tags (source_id, folded, tag, given) VALUES (?, ?, ?, 0)", rows)


def change_tags(db: sqlite3.Connection, document_ids: Sequence[str], change: TagChange) -> int:
    """Give and take off tags, inside a transaction; returns how many sources were changed by it."""
    query = "SELECT id FROM sources WHERE document_id IN (SELECT value FROM json_each(?))"
    ids = json.dumps([row[0] for row in db.execute(query, [json.dumps(list(document_ids))])])
    changed: set[int] = set()
    for tag in change.add:
        rows = db.execute(
            """INSERT INTO tags (source_id, folded, tag, given) SELECT value, ?1, ?2, 1 FROM json_each(?3)
               WHERE value NOT IN (SELECT source_id FROM tags WHERE folded = ?1) RETURNING source_id""",
            [fold(tag), tag, ids],
        )
        changed.update(row[0] for row in rows.fetchall())
        query = "UPDATE tags SET given = 1 WHERE folded = ? AND source_id IN (SELECT value FROM json_each(?))"
        db.execute(query, [fold(tag), ids])
    for tag in change.remove:
        rows = db.execute(
            """DELETE FROM tags WHERE folded = ? AND source_id IN (SELECT value FROM json_each(?))
               RETURNING source_id""",
            [fold(tag), ids],
        )
        changed.update(row[0] for row in rows.fetchall())
    return len(changed)


def list_tags(db: sqlite3.Connection) -> dict[str, int]:
    """How many sources have each tag, the most frequent first; a tag's most frequent writing stands for all."""
    rows = db.execute(
        """SELECT tag, sum(n) AS sources, max(n) FROM
               (SELECT folded, tag, count(*) AS n FROM tags GROUP BY folded, tag)
           GROUP BY folded ORDER BY sources DESC, folded"""
    )
    return {row[0]: row[1] for row in rows}
