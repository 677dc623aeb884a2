"""Where uploads lie: `home/uploads/<collection>/`, every content once, and no file ever written over."""

from __future__ import annotations

import fcntl
import filecmp
import os
import secrets
import shutil
import threading
from contextlib import suppress
from itertools import count
from pathlib import Path

from ondol.errors import BackendError
from ondol.library.folders import collection_folder
from ondol.model_store.manifest import sync
from ondol.server.uploads.names import numbered

INCOMING = ".incoming"
_making = threading.Lock()
_held: dict[Path, Path] = {}


def uploads_folder(home: Path, collection: str) -> Path:
    """Of a collection; named as its own folder is."""
    return home.absolute() / "uploads" / collection_folder(home, collection).name


def incoming_folder(home: Path) -> Path:
    """Where bytes that come to this process lie until they are known to be all there."""
    top = home.absolute() / "uploads" / INCOMING
    with _making:
        if top not in _held or not _held[top].exists():
            try:
                _held[top] = _make_held(top)
            except OSError as error:
                raise unwritable(top, error) from error
        return _held[top]


def sweep_incoming(home: Path) -> None:
    """Delete what processes that are gone have left of uploads that broke off."""
    top = home.absolute() / "uploads" / INCOMING
    for left in top.iterdir() if top.is_dir() else ():
        with suppress(OSError):
            handle = os.open(left, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left) if left.is_dir() else left.unlink()
            finally:
                os.close(handle)


def _make_held(top: Path) -> Path:
    """A folder that is locked as long as this process lives, so that nobody sweeps it away."""
    while True:
        folder = top / secrets.token_hex(8)
        folder.mkdir(parents=True)
        with suppress(FileNotFoundError):  # swept before it was locked
            handle = os.open(folder, os.O_RDONLY)
            fcntl.flock(handle, fcntl.LOCK_EX)
            folder.stat()
            return folder


def keep_file(partial: Path, folder: Path, name: str) -> tuple[Path, bool]:
    """Move a file into `folder` in one step.

    Returns:
        Its path, under a numbered name where another content has the name; and whether it is new: the same content
        under that name is kept as it is.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sync(partial)
        for number in count(1):
            target = folder / (name if number == 1 else numbered(name, number))
            if _put(partial, target):
                sync(folder)
                return target, True
            if target.is_file() and filecmp.cmp(partial, target, shallow=False):
                return target, False
    except OSError as error:
        raise unwritable(folder, error) from error
    finally:
        partial.unlink(missing_ok=True)
    raise AssertionError("a number is always free")


def _put(partial: Path, target: Path) -> bool:
    """Give the file this name too, unless something has it."""
    try:
        os.link(partial, target)
    except FileExistsError:
        return False
    except OSError:  # a disk without links: the name is taken first, then filled in one step
        try:
            target.open("xb").close()
        except FileExistsError:
            return False
        beside = target.with_name(f".{partial.name}")
        shutil.copyfile(partial, beside)
        sync(beside)
        beside.replace(target)
    return True


def unwritable(folder: Path, error: OSError) -> BackendError:
    return BackendError(
        "{folder} cannot be written: {reason}",
        hint="Check its rights and its free space, or name another folder with --home or ONDOL_HOME.",
        folder=folder, reason=error.strerror or error,
    )  # fmt: skip
