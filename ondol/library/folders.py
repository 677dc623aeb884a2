"""Where collections live: a folder each, named so that every file system takes it."""

from __future__ import annotations

import hashlib
import re
import shlex
import sqlite3
import unicodedata
from contextlib import closing
from pathlib import Path

from ondol.errors import BackendError, NotFound, OtherFingerprint
from ondol.lang import nfc
from ondol.registry import nearest

DATABASE = "library.sqlite"


def collection_folder(home: Path, name: str) -> Path:
    """`home/collections/<what is ASCII in the name>-<hash of the name>`; the real name stands in the database."""
    name = nfc(name)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    readable = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40]
    digest = hashlib.sha256(name.encode()).hexdigest()[:10]
    return home / "collections" / "-".join(filter(None, [readable, digest]))


def has_library(folder: Path, *, create: bool) -> bool:
    """Whether a collection lives in `folder`, which is made with `create`.

    Raises:
        BackendError: the folder cannot be made or looked into.
    """
    try:
        if create:
            folder.mkdir(parents=True, exist_ok=True)
        return (folder / DATABASE).is_file()
    except OSError as error:
        raise BackendError(
            "{path} cannot be opened: {reason}.",
            hint="See whether the disk is full and you may write there, or name another folder with --home.",
            path=folder,
            reason=error.strerror,
        ) from error


def list_collections(home: Path) -> list[str]:
    """Real names of the collections in `home`, sorted."""
    names = []
    for path in sorted((home / "collections").glob(f"[!.]*/{DATABASE}")):
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
                meta = dict(connection.execute("SELECT name, value FROM meta").fetchall())
        except sqlite3.DatabaseError:
            continue  # being made at this moment, damaged, or not ours to read: opening it by name says which
        new = meta.get("renamed_to", "")  # a renaming that was cut off: the folder tells whether it took place
        if new and collection_folder(home, new).name == path.parent.name:
            names.append(new)
        elif "collection" in meta:
            names.append(str(meta["collection"]))
    return sorted(names)


def no_collection(home: Path, name: str) -> NotFound:
    known = list_collections(home)
    close = nearest(name, known)
    return NotFound(
        "There is no collection '{name}' yet.",
        hint="Did you mean '{close}'? Known: {known}." if close else "Add documents to it: ondol add PATH{option}",
        name=name,
        close=close,
        known=", ".join(known),
        option=collection_option(name),
    )


def other_fingerprint(collection: str, stored: str, digest: str, given: str) -> OtherFingerprint:
    """The refusal to mix vectors of two embedders."""
    return OtherFingerprint(
        "The collection '{collection}' was made with {stored} ({digest}), not with {given}.",
        hint="Embed all of it anew with: ondol reindex --embeddings SPEC{option}  (or add to another collection, with "
        "--collection, or open this one with --embeddings {stored})",
        collection=collection,
        stored=stored,
        digest=digest,
        given=given,
        option=collection_option(collection),
    )


def collection_option(name: str) -> str:
    """What a command needs to be about this collection."""
    return "" if name == "main" else f" --collection {shlex.quote(name)}"
