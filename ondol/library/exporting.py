"""A collection as one file, also while it is searched and added to; and back."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any

from ondol.errors import BackendError, UnusableInput, UsageError
from ondol.lang import nfc
from ondol.library.collections import existing_folder
from ondol.library.database import open_database, transaction
from ondol.library.finishing import one_writer
from ondol.library.folders import DATABASE, collection_folder, has_library
from ondol.library.schema import MIGRATIONS

FORM = 1
MANIFEST = "manifest.json"
FOLDERS = ("vectors", "words")
BLOCK = 1 << 20


def export_collection(home: Path, name: str, file: Path, *, force: bool = False, with_paths: bool = True) -> int:
    """Write a collection to one zip file: texts, vectors, word index; returns its bytes.

    Args:
        force: replace a file that is there.
        with_paths: keep where the files of the sources stand on this machine; what people see of a path stays anyway.

    Raises:
        NotFound: there is no such collection.
        UsageError: the file is there already.
        BackendError: the file cannot be written; nothing of it is left.
    """
    folder = existing_folder(home, nfc(name))
    if file.exists() and not force:
        raise UsageError("{path} is there already.", hint="Name another file, or add --force.", path=file)
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    _sweep(folder, "export-*")
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix="export-") as scratch:
            copy = Path(scratch)
            with one_writer(folder):
                _copy(folder, copy)
            meta = _prepare(copy / DATABASE, with_paths=with_paths)
            _pack(copy, partial, meta)
        partial.replace(file)
    except OSError as error:
        raise BackendError(
            "{path} cannot be written: {reason}.", hint="Check the disk with: ondol doctor", path=file,
            reason=error.strerror or error,
        ) from error  # fmt: skip
    finally:
        partial.unlink(missing_ok=True)
    return file.stat().st_size


def import_collection(home: Path, file: Path, name: str | None = None) -> str:
    """Make a collection from a file of `export_collection`; returns its name.

    Raises:
        UnusableInput: it is no such file, or damaged.
        UsageError: a collection of that name is there.
        BackendError: a newer ondol has written it, or the disk is full.
    """
    with _opened(file) as package:
        manifest = _manifest(package, file)
        name = nfc(name or str(manifest["collection"]))
        target = collection_folder(home, name)
        if has_library(target, create=False):
            raise UsageError(
                "There is a collection '{name}' already.", hint="Give it another name with --as.", name=name
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        _check_room(manifest, target.parent)
        _sweep(target.parent, ".import-*")
        scratch = Path(tempfile.mkdtemp(dir=target.parent, prefix=".import-"))
        try:
            _unpack(package, manifest, scratch, file)
            _take_over(scratch / DATABASE, name, file)
            if target.exists():
                target.rmdir()
            scratch.rename(target)
        except OSError as error:
            raise BackendError(
                "{path} cannot be unpacked: {reason}.", hint="Check the disk with: ondol doctor", path=file,
                reason=error.strerror or error,
            ) from error  # fmt: skip
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return name


def _sweep(folder: Path, pattern: str) -> None:
    """Delete what a process that was killed more than a day ago has left."""
    for path in folder.glob(pattern):
        if time.time() - path.stat().st_mtime > 24 * 3600:
            shutil.rmtree(path, ignore_errors=True)


def _copy(folder: Path, target: Path) -> None:
    """Databases by SQLite's own backup, all else byte by byte; nobody writes vectors or words meanwhile."""
    _copy_database(folder / DATABASE, target / DATABASE)
    with closing(sqlite3.connect(target / DATABASE)) as db:
        meta = dict(db.execute("SELECT name, value FROM meta").fetchall())
    for name in (meta.get("vectors", "vectors"), "words"):
        for path in sorted((folder / name).rglob("*")):
            inner = target / ("words" if name == "words" else "vectors") / path.relative_to(folder / name)
            if path.is_dir():
                inner.mkdir(parents=True, exist_ok=True)
            elif path.suffix in (".sqlite", ".sqlite3"):
                inner.parent.mkdir(parents=True, exist_ok=True)
                _copy_database(path, inner)
            elif not path.name.endswith(("-wal", "-shm", "-journal", ".lock")):
                inner.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, inner)


def _copy_database(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode = DELETE")


def _prepare(database: Path, *, with_paths: bool) -> dict[str, str]:
    """What belongs to this machine alone is left out: shadows, earlier vectors, and paths where that is asked for."""
    with closing(sqlite3.connect(database)) as db:
        meta = dict(db.execute("SELECT name, value FROM meta").fetchall())
        db.execute("DELETE FROM meta WHERE name IN ('shadow', 'previous', 'vectors', 'renamed_to')")
        for table in ("staged_chunks", "staged_pieces"):
            db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
        if not with_paths:
            db.execute("DELETE FROM files")
            db.execute("DELETE FROM failures")
            db.execute("UPDATE sources SET place = NULL")
        db.commit()
        db.execute("VACUUM")
    return meta


def _pack(folder: Path, file: Path, meta: dict[str, str]) -> None:
    members = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            member = path.relative_to(folder).as_posix()
            package.write(path, member)
            with path.open("rb") as data:
                digest = hashlib.file_digest(data, "sha256").hexdigest()
            members[member] = {"bytes": path.stat().st_size, "sha256": digest}
        about = {
            "form": FORM, "ondol": version("ondol"), "schema": len(MIGRATIONS), "collection": meta["collection"],
            "embeddings": meta["embeddings"], "fingerprint": meta.get("fingerprint", ""), "store": meta["store"],
            "members": members,
        }  # fmt: skip
        package.writestr(MANIFEST, json.dumps(about, ensure_ascii=False, indent=2))


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as package:
            yield package
    except FileNotFoundError as error:
        raise UnusableInput("There is no file {path}.", hint="Check its name.", path=file) from error
    except (zipfile.BadZipFile, EOFError) as error:
        raise _no_export(file) from error


def _manifest(package: zipfile.ZipFile, file: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(package.read(MANIFEST))
        form, schema, members = manifest["form"], manifest["schema"], manifest["members"]
        sizes = {name: int(row["bytes"]) for name, row in members.items()}
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise _no_export(file) from error
    if form > FORM or schema > len(MIGRATIONS):
        raise BackendError("{path} was written by a newer ondol.", hint="Update ondol: pip install -U ondol", path=file)
    packed = {item.filename: item.file_size for item in package.infolist() if item.filename != MANIFEST}
    safe = all(_is_safe(name) for name in sizes)
    if packed != sizes or not safe or DATABASE not in sizes:
        raise _no_export(file)
    return dict(manifest)


def _is_safe(name: str) -> bool:
    path = PurePosixPath(name)
    inside = not path.is_absolute() and ".." not in path.parts and "\\" not in name
    return inside and (name == DATABASE or (len(path.parts) > 1 and path.parts[0] in FOLDERS))


def _check_room(manifest: dict[str, Any], folder: Path) -> None:
    needed = sum(row["bytes"] for row in manifest["members"].values())
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise BackendError(
            "The collection takes {needed} MB, and the disk has {free} MB.", hint="Make room, or use another --home.",
            needed=needed >> 20, free=free >> 20,
        )  # fmt: skip


def _unpack(package: zipfile.ZipFile, manifest: dict[str, Any], target: Path, file: Path) -> None:
    for name, row in manifest["members"].items():
        path, digest = target / name, hashlib.sha256()
        path.parent.mkdir(parents=True, exist_ok=True)
        with package.open(name) as source, path.open("wb") as copy:
            while block := source.read(BLOCK):
                digest.update(block)
                copy.write(block)
        if digest.hexdigest() != row["sha256"]:
            raise _no_export(file)


def _take_over(database: Path, name: str, file: Path) -> None:
    """Look at the foreign database before anything trusts it: only tables and indexes, none but ours."""
    try:
        with closing(sqlite3.connect(database)) as db:
            db.execute("PRAGMA trusted_schema = OFF")
            sound = db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
            kinds = {row[0] for row in db.execute("SELECT DISTINCT type FROM sqlite_master")}
            tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError as error:
        raise _no_export(file) from error
    if not sound or kinds - {"table", "index"} or tables - {"sqlite_sequence", "sqlite_stat1"} - _our_tables():
        raise _no_export(file)
    with closing(open_database(database)) as db, transaction(db):
        db.execute("INSERT OR REPLACE INTO meta VALUES ('collection', ?)", [name])
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            database.with_name(database.name + suffix).unlink()


def _our_tables() -> set[str]:
    with closing(sqlite3.connect(":memory:")) as db:
        for step in MIGRATIONS:
            db.executescript(step)
        return {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _no_export(file: Path) -> UnusableInput:
    return UnusableInput(
        "{path} is not an exported collection, or it is damaged.",
        hint="Export it again: ondol collections export NAME FILE", path=file,
    )  # fmt: skip
