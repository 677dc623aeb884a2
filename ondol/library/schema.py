"""The tables, as the steps that lead from an empty file to today; a step that was released is never changed."""

from __future__ import annotations

MIGRATIONS = (
    """
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

    CREATE TABLE sources (
        id INTEGER PRIMARY KEY,
        document_id TEXT NOT NULL UNIQUE,
        source TEXT NOT NULL,       -- the path as it was added, or file#id of a record
        place TEXT,                 -- the file itself, links resolved; null for a record
        title TEXT NOT NULL,
        format TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        sha256 TEXT NOT NULL,       -- of the bytes that were read
        text_sha256 TEXT NOT NULL,
        recipe TEXT NOT NULL,       -- how it was read and split
        version INTEGER NOT NULL,
        added TEXT NOT NULL,
        updated TEXT NOT NULL
    );
    CREATE INDEX sources_by_source ON sources (source);
    CREATE INDEX sources_by_place ON sources (place);

    CREATE TABLE texts (
        source_id INTEGER PRIMARY KEY REFERENCES sources ON DELETE CASCADE,
        text TEXT NOT NULL
    );

    CREATE TABLE pages (
        source_id INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,
        page INTEGER NOT NULL,      -- counted from 1
        start INTEGER NOT NULL,     -- in characters of the text
        "end" INTEGER NOT NULL,
        PRIMARY KEY (source_id, page)
    ) WITHOUT ROWID;

    CREATE TABLE chunks (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        source_id INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,
        ordinal INTEGER NOT NULL,
        start INTEGER NOT NULL,
        "end" INTEGER NOT NULL,
        heading TEXT NOT NULL,
        tokens INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('pending', 'live'))   -- pending: its vector is not written yet
    );
    CREATE INDEX chunks_by_source ON chunks (source_id, ordinal);
    CREATE INDEX chunks_pending ON chunks (source_id, ordinal) WHERE state = 'pending';

    -- Chunks that are gone, and whose vectors may still be there.
    CREATE TABLE tombstones (id TEXT PRIMARY KEY) WITHOUT ROWID;

    CREATE TABLE versions (
        document_id TEXT NOT NULL,
        version INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        time TEXT NOT NULL,
        PRIMARY KEY (document_id, version)
    ) WITHOUT ROWID;

    CREATE TABLE failures (path TEXT PRIMARY KEY, reason TEXT NOT NULL, time TEXT NOT NULL) WITHOUT ROWID;
    """,
    """
    ALTER TABLE sources ADD COLUMN language TEXT NOT NULL DEFAULT '';   -- empty: the text is yet to be looked at
    ALTER TABLE sources ADD COLUMN date TEXT NOT NULL DEFAULT '';       -- of the content, such as 2024-05-17
    UPDATE sources SET date = substr(updated, 1, 10);
    CREATE INDEX sources_by_date ON sources (date);
    CREATE INDEX sources_without_language ON sources (id) WHERE language = '';

    CREATE TABLE tags (
        source_id INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,
        folded TEXT NOT NULL,       -- the tag without case, which is what is compared
        tag TEXT NOT NULL,
        given INTEGER NOT NULL,     -- 1: by a person, 0: by the source itself
        PRIMARY KEY (source_id, folded)
    ) WITHOUT ROWID;
    CREATE INDEX tags_by_name ON tags (folded, source_id);
    """,
    """
    ALTER TABLE chunks ADD COLUMN worded INTEGER NOT NULL DEFAULT 0;    -- 1: the word index has it
    CREATE INDEX chunks_not_worded ON chunks (source_id, ordinal) WHERE worded = 0;
    """,
)
