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
    """
    ALTER TABLE sources ADD COLUMN part TEXT NOT NULL DEFAULT '';       -- its path inside an archive or a mail
    ALTER TABLE sources ADD COLUMN author TEXT NOT NULL DEFAULT '';
    ALTER TABLE sources ADD COLUMN unit TEXT NOT NULL DEFAULT 'page';   -- page, slide, sheet, section or time
    ALTER TABLE sources ADD COLUMN hidden TEXT NOT NULL DEFAULT '';     -- what was left out, for people
    ALTER TABLE pages ADD COLUMN name TEXT NOT NULL DEFAULT '';

    -- A text in the order of its pieces; only files of many megabytes have more than one. No chunk crosses a border.
    CREATE TABLE pieces (
        source_id INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,
        start INTEGER NOT NULL,
        "end" INTEGER NOT NULL,
        text TEXT NOT NULL,
        structure TEXT NOT NULL,    -- headings, rows and code that it is split by, as JSON; empty when nobody kept them
        PRIMARY KEY (source_id, start)
    );
    INSERT INTO pieces SELECT source_id, 0, length(text), text, '' FROM texts;
    DROP TABLE texts;

    -- What is being written: a source takes its place when all of it stands here.
    CREATE TABLE staged_pieces (
        document_id TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, text TEXT NOT NULL,
        structure TEXT NOT NULL, PRIMARY KEY (document_id, start)
    );
    CREATE TABLE staged_chunks (
        document_id TEXT NOT NULL, id TEXT NOT NULL, ordinal INTEGER NOT NULL, start INTEGER NOT NULL,
        "end" INTEGER NOT NULL, heading TEXT NOT NULL, tokens INTEGER NOT NULL, PRIMARY KEY (document_id, ordinal)
    ) WITHOUT ROWID;

    CREATE TABLE files (
        place TEXT PRIMARY KEY,     -- links resolved
        path TEXT NOT NULL,         -- as it was added
        sha256 TEXT NOT NULL,
        recipe TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX files_by_content ON files (sha256);
    INSERT OR IGNORE INTO files SELECT place, source, sha256, recipe FROM sources WHERE place IS NOT NULL;

    CREATE TABLE likeness (
        source_id INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,
        band INTEGER NOT NULL,
        value INTEGER NOT NULL,     -- of the text's smallest hashes in this band
        PRIMARY KEY (source_id, band)
    ) WITHOUT ROWID;
    CREATE INDEX likeness_by_value ON likeness (band, value);
    """,
)
