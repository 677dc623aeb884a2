"""Collections as things: listed, renamed, thrown away and taken back."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ondol.errors import BackendError, NotFound, UsageError
from ondol.lang import nfc
from ondol.library.database import open_database, transaction
from ondol.library.finishing import only_writer
from ondol.library.folders import DATABASE, collection_folder, has_library, list_collections, no_collection

KEPT_S = 24 * 3600
"""How long a deleted collection can be taken back, at least."""
STAMP = "%Y%m%dT%H%M%SZ"
WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class CollectionRow:
    name: str
    sources: int
    chunks: int
    embeddings: str
    store: str
    bytes: int
    """On the disk."""
    restorable_until: str = ""
    """ISO, for one in the trash; empty for one that is there."""


def describe_collections(home: Path) -> list[CollectionRow]:
    """Every collection of `home`, then those in the trash, the latest first."""
    rows = [_describe(collection_folder(home, name), name) for name in list_collections(home)]
    return [*rows, *(_describe(path, name, until) for path, name, until in _trash(home))]


def rename_collection(home: Path, old: str, new: str) -> None:
    """Give a collection another name; a killed process leaves it under one of both.

    Raises:
        NotFound: there is no such collection.
        UsageError: the new name is taken or empty.
        BackendError: another process is writing.
    """
    old, new = nfc(old), nfc(new).strip()
    folder, target = existing_folder(home, old), collection_folder(home, new)
    if not new or has_library(target, create=False):
        raise UsageError(
            "There is a collection '{name}' already." if new else "A collection needs a name.",
            hint="Choose another name.", name=new,
        )  # fmt: skip
    _wait_for_writer(folder, old)
    _write_meta(folder, renamed_to=new)  # whoever opens it next finishes what is left to do (`settle_name`)
    if target.exists():
        target.rmdir() if not any(target.iterdir()) else shutil.rmtree(target)
    folder.rename(target)
    settle_name(home, target)


def settle_name(home: Path, folder: Path) -> None:
    """Finish a renaming that was cut off: the folder tells whether it took place."""
    with closing(open_database(folder / DATABASE)) as db:
        row = db.execute("SELECT value FROM meta WHERE name = 'renamed_to'").fetchone()
        if row:
            with transaction(db):
                if collection_folder(home, row[0]).name == folder.name:
                    db.execute("INSERT OR REPLACE INTO meta VALUES ('collection', ?)", [row[0]])
                db.execute("DELETE FROM meta WHERE name = 'renamed_to'")


def delete_collection(home: Path, name: str) -> str:
    """Move a collection into the trash, and empty that of what is older than a day.

    Returns:
        Until when it can be restored at least, ISO.

    Raises:
        NotFound: there is no such collection.
        BackendError: another process is writing.
    """
    folder = existing_folder(home, nfc(name))
    _wait_for_writer(folder, nfc(name))
    for path, _, until in _trash(home):
        if datetime.fromisoformat(until) < datetime.now(UTC):
            shutil.rmtree(path, ignore_errors=True)
    trash = home / "trash"
    trash.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    target = trash / f"{folder.name}.{now.strftime(STAMP)}"
    while target.exists():
        target = target.with_name(target.name + "x")
    folder.rename(target)
    return datetime.fromtimestamp(now.timestamp() + KEPT_S, UTC).isoformat(timespec="minutes")


def restore_collection(home: Path, name: str) -> None:
    """Take the collection that was deleted last under this name out of the trash.

    Raises:
        NotFound: there is none.
        UsageError: there is another one of that name now.
    """
    name = nfc(name)
    found = [path for path, known, _ in _trash(home) if known == name]
    if not found:
        known = ", ".join(dict.fromkeys(known for _, known, _ in _trash(home)))
        raise NotFound(
            "There is no deleted collection '{name}'.",
            hint="These can be restored: {known}." if known else "The trash is empty.", name=name, known=known,
        )  # fmt: skip
    target = collection_folder(home, name)
    if has_library(target, create=False):
        raise UsageError(
            "There is a collection '{name}' already.", hint="Rename it first: ondol collections rename", name=name
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        target.rmdir()
    found[0].rename(target)


def _trash(home: Path) -> list[tuple[Path, str, str]]:
    """Folder, name and until when it is kept, the latest first."""
    found = []
    for path in sorted((home / "trash").glob("*.*Z*"), reverse=True, key=lambda path: path.name.rpartition(".")[2]):
        try:
            deleted = datetime.strptime(path.name.rpartition(".")[2].rstrip("x"), STAMP).replace(tzinfo=UTC)
        except ValueError:
            continue
        until = datetime.fromtimestamp(deleted.timestamp() + KEPT_S, UTC).isoformat(timespec="minutes")
        found.append((path, _read_meta(path).get("collection", path.name), until))
    return found


def existing_folder(home: Path, name: str) -> Path:
    """The folder of a collection.

    Raises:
        NotFound: there is none of this name.
    """
    folder = collection_folder(home, name)
    if not has_library(folder, create=False):
        raise no_collection(home, name)
    return folder


def _wait_for_writer(folder: Path, name: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while True:
        with only_writer(folder) as alone:
            if alone:
                return
        if time.monotonic() > deadline:
            raise BackendError(
                "Another process is writing to '{name}'.", hint="Wait until it is done, and run this again.", name=name
            )
        time.sleep(0.2)


def _describe(folder: Path, name: str, until: str = "") -> CollectionRow:
    counts, meta = {"sources": 0, "chunks": 0}, _read_meta(folder)
    try:
        with closing(_read_only(folder)) as db:
            counts = {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in counts}  # noqa: S608
    except sqlite3.DatabaseError:
        pass  # damaged, or of a newer form: opening it says which
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return CollectionRow(
        name, counts["sources"], counts["chunks"], meta.get("embeddings", ""), meta.get("store", ""), size, until
    )


def _read_meta(folder: Path) -> dict[str, str]:
    try:
        with closing(_read_only(folder)) as db:
            return dict(db.execute("SELECT name, value FROM meta").fetchall())
    except sqlite3.DatabaseError:
        return {}


def _read_only(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{(folder / DATABASE).absolute().as_uri()}?mode=ro", uri=True)


def _write_meta(folder: Path, **values: str) -> None:
    with closing(open_database(folder / DATABASE)) as db, transaction(db):
        db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())
