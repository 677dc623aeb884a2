"""A folder and the library in step: added, changed, moved and deleted files."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

from ondol.errors import UnusableInput, UsageError
from ondol.ingest.add import Adding
from ondol.ingest.formats import FORMATS
from ondol.ingest.ignore import IgnoreRules
from ondol.ingest.report import AddReport
from ondol.ingest.split import SplitConfig
from ondol.ingest.walk import Found, Walk, show_path, walk_folder
from ondol.lang import translate
from ondol.library.files import KnownFile
from ondol.library.library import Library
from ondol.progress import Progress, Silent

MANY = 10
"""Sources; when at least so many, and more than half of a folder's, are gone, a drive may just not be there."""


def sync_folder(
    library: Library,
    folder: str | Path,
    *,
    progress: Progress | None = None,
    config: SplitConfig | None = None,
    exclude: Sequence[str] = (),
    read_ignore_files: bool = True,
    delete_many: bool = False,
) -> AddReport:
    """Make the library hold what the folder holds.

    New and changed files are read. Sources of files that are gone, or that the rules leave out now, are removed. A file
    that was moved keeps its sources and their vectors, unless its new name is also its new title.

    Args:
        exclude: patterns as in `.gitignore`.
        read_ignore_files: whether the `.gitignore` and `.ondolignore` files in the folder count.
        delete_many: remove also when more than half of the sources would go.

    Raises:
        UnusableInput: there is no such folder.
        UsageError: more than half would be removed; a pattern cannot be read.
        OtherFingerprint: the collection belongs to another embedder.
    """
    started = time.perf_counter()
    top = Path(folder).expanduser()
    if not top.is_dir():
        raise UnusableInput(
            "There is no folder {path}.", hint="Name the folder that is to be kept in step.", path=show_path(top)
        )
    work = Adding(library, progress or Silent(), config)
    library.finish(work.progress)
    walk = walk_folder(top, FORMATS, IgnoreRules(top, exclude, read_files=read_ignore_files))
    vanished = _vanished(library, top, walk, work.report)
    new = [found for found in walk.files if not library.files.stamp(str(found.place))]
    work.report.moved = _move(library, new, vanished)
    _refuse_many(vanished, len(walk.files), delete_many=delete_many)
    work.note_walk(walk)
    work.run(walk.files, len(walk.files))
    gone = [name for file in vanished for name, _ in library.files.sources_of(file.place).values()]
    if gone:
        work.report.removed += library.remove(gone)
    for file in vanished:
        library.files.forget(file.place)
    _forget_failures(library, top, walk)
    work.report.seconds = round(time.perf_counter() - started, 3)
    return work.report


def _vanished(library: Library, top: Path, walk: Walk, report: AddReport) -> list[KnownFile]:
    """Files of the library that the folder does not hold any more; those that cannot be looked at are kept."""
    places = {str(found.place) for found in walk.files}
    gone = []
    for file in library.files.below(top.resolve(), show_path(top)):
        if file.place in places:
            continue
        if _may_be_there(file.place):
            reason = translate("It cannot be looked at now, so its text is kept.")
            report.skipped.append({"path": file.path, "reason": reason})
        else:
            gone.append(file)
    return gone


def _forget_failures(library: Library, top: Path, walk: Walk) -> None:
    """Files that could not be read and are not there any more."""
    paths = {found.path for found in walk.files} | {row["path"] for row in walk.failed}
    for failure in library.files.failures():
        inside = failure.startswith(show_path(top).rstrip("/") + "/")
        if inside and not any(failure == path or failure.startswith(path + "/") for path in paths):
            library.files.forget_failure(failure)


def _may_be_there(place: str) -> bool:
    """True when nobody can tell whether the file is there; a file that is there was left out by the rules."""
    try:
        os.stat(place)  # noqa: PTH116 - the place may hold bytes that no text has
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return False


def _move(library: Library, new: Sequence[Found], vanished: list[KnownFile]) -> int:
    """Give new files with the content of vanished ones their sources; those leave `vanished`."""
    by_content: dict[str, list[KnownFile]] = {}
    for file in vanished:
        by_content.setdefault(file.sha256, []).append(file)
    moved = 0
    for found in new if vanished else ():
        candidates = [file for file in by_content.get(_digest(found.place), []) if _keeps_title(library, file, found)]
        if candidates:
            file = min(candidates, key=lambda file: Path(file.place).name != found.place.name)
            moved += library.files.move(file, str(found.place), found.path)
            by_content[file.sha256].remove(file)
            vanished.remove(file)
    return moved


def _keeps_title(library: Library, file: KnownFile, found: Found) -> bool:
    """Whether the sources would have the same titles if they were read at the new place; titles are embedded."""
    if Path(file.place).name == found.place.name:
        return True
    same_kind = Path(file.place).suffix.lower() == found.place.suffix.lower()
    titles = {library.find(name).title for name, _ in library.files.sources_of(file.place).values()}
    return same_kind and show_path(Path(Path(file.place).stem)) not in titles


def _digest(place: Path) -> str:
    try:
        with place.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""  # reading it for real tells why


def _refuse_many(vanished: Sequence[KnownFile], kept: int, *, delete_many: bool) -> None:
    if delete_many or len(vanished) < MANY or len(vanished) <= kept:
        return
    raise UsageError(
        "{gone} files that the library holds are not in the folder any more, and {kept} are.",
        hint="If they are meant to go, add --delete-many; if a drive is missing, nothing was changed.",
        gone=len(vanished),
        kept=kept,
    )
