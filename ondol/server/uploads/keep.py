"""Where uploads lie: `home/uploads/<collection>/`, every content once, and no file ever written over."""

from __future__ import annotations

import filecmp
import os
import shutil
import time
from itertools import count
from pathlib import Path

from ondol.errors import BackendError
from ondol.library.folders import collection_folder
from ondol.model_store.manifest import sync
from ondol.server.uploads.names import numbered

INCOMING = ".incoming"
OLD_S = 24 * 3600
"""Age from which what an upload that broke off has left is swept away."""


def uploads_folder(home: Path, collection: str) -> Path:
    """Of a collection; named as its own folder is."""
    return home.absolute() / "uploads" / collection_folder(home, collection).name


def incoming_folder(home: Path) -> Path:
    """Where bytes lie until they are known to be all there; made, and swept of what is old."""
    folder = home.absolute() / "uploads" / INCOMING
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.iterdir():
            if time.time() - left.stat().st_mtime > OLD_S:
                left.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
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
