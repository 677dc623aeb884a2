"""Where collections live: a folder each, named so that every file system takes it."""

from __future__ import annotations

import hashlib
import re
import sqlite3
import unicodedata
from pathlib import Path

from ondol.lang import nfc

DATABASE = "library.sqlite"


def collection_folder(home: Path, name: str) -> Path:
    """`home/collections/<what is ASCII in the name>-<hash of the name>`; the real name stands in the database."""
    name = nfc(name)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    readable = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40]
    digest = hashlib.sha256(name.encode()).hexdigest()[:10]
    return home / "collections" / "-".join(filter(None, [readable, digest]))


def list_collections(home: Path) -> list[str]:
    """Real names of the collections in `home`, sorted."""
    names = []
    for path in sorted((home / "collections").glob(f"*/{DATABASE}")):
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            row = connection.execute("SELECT value FROM meta WHERE name = 'collection'").fetchone()
        except sqlite3.DatabaseError:
            row = None  # being made at this moment, or damaged: opening it by name says which
        finally:
            connection.close()
        if row:
            names.append(str(row[0]))
    return sorted(names)
