"""Allowed folders: every step of a path is opened from the one before, and no link is followed anywhere."""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ondol.errors import NotFound, UnusableInput, UsageError
from ondol.ingest.walk import JUNK, show_path
from ondol.lang import nfc
from ondol.registry import nearest

CLOSED = ("/proc", "/sys", "/dev")
"""What stands there is no file of a person."""
LONGEST = 1000
LINK = os.O_NOFOLLOW | os.O_CLOEXEC
FOLDER = os.O_RDONLY | os.O_DIRECTORY | LINK
FILE = os.O_RDONLY | os.O_NONBLOCK | LINK
"""A pipe that stands there since a moment ago must not make the program wait."""


@dataclass(frozen=True, slots=True)
class Entry:
    path: str
    """As the model writes it: it begins with the name of an allowed folder."""
    is_folder: bool
    size: int


class Folders:
    """Reading inside some folders: no hidden names, links, devices, pipes, nor anything above or beside them."""

    def __init__(self, folders: Sequence[str | Path]) -> None:
        """Look at the folders.

        Raises:
            UsageError: there is none, one is no folder, or one holds what is no file of a person.
        """
        self._roots: dict[str, Path] = {}
        for folder in folders:
            try:
                root = Path(folder).expanduser().resolve(strict=True)
            except (OSError, RuntimeError) as error:
                raise UsageError("{path} is no folder.", path=show_path(Path(folder))) from error
            if not root.is_dir():
                raise UsageError("{path} is no folder.", path=show_path(root))
            if root == Path(root.anchor) or any(root.is_relative_to(closed) for closed in CLOSED):
                raise UsageError("An agent gets no access to {path}.", hint="Name a folder inside.", path=str(root))
            self._roots[self._label(show_path(Path(root.name)))] = root
        if not self._roots:
            raise UsageError("Name at least one folder that may be read.")

    @property
    def names(self) -> list[str]:
        return list(self._roots)

    def entries(self, path: str) -> list[Entry]:
        """What stands in a folder; the allowed folders themselves for an empty path, where there are several."""
        if not self._split_words(path) and len(self._roots) > 1:
            return [Entry(name, True, 0) for name in self._roots]
        label, parts = self._split(path)
        with self._opened(label, parts, FOLDER) as (descriptor, shown):
            return sorted(_entries(descriptor, shown), key=lambda entry: (not entry.is_folder, entry.path))

    def walk(self, path: str) -> Iterator[Entry]:
        """Files below a folder, folder by folder; a folder that cannot be opened is passed over."""
        first = self.entries(path)
        waiting = [entry.path for entry in first if entry.is_folder]
        yield from (entry for entry in first if not entry.is_folder)
        while waiting:
            try:
                entries = self.entries(waiting.pop(0))
            except (NotFound, UnusableInput):
                continue
            waiting += [entry.path for entry in entries if entry.is_folder]
            yield from (entry for entry in entries if not entry.is_folder)

    def read(self, path: str, limit: int) -> tuple[str, bytes]:
        """The file's path as it is shown, and its bytes.

        Raises:
            NotFound: there is no such file.
            UnusableInput: it may not be read, is no file, or has more than `limit` bytes.
        """
        label, parts = self._split(path)
        if not parts:
            raise UnusableInput("'{path}' is a folder.", hint="Call list_files to see what is in it.", path=path)
        with self._opened(label, parts, FILE) as (descriptor, shown):
            data = b""
            while len(data) <= limit and (piece := os.read(descriptor, min(1 << 20, limit + 1 - len(data)))):
                data += piece
        if len(data) > limit:
            raise UnusableInput("The file is larger than {limit} MB.", limit=limit >> 20)
        return shown, data

    def _label(self, name: str) -> str:
        number = 2
        label = name
        while label in self._roots:
            label, number = f"{name}-{number}", number + 1
        return label

    def _split_words(self, path: str) -> list[str]:
        """Steps of a path, those that lead nowhere left out.

        Raises:
            UnusableInput: a step leads up, or to something hidden, in any spelling.
        """
        if len(path) > LONGEST or any(unicodedata.category(char) == "Cc" for char in path):
            raise UnusableInput("This is not written like a path.")
        steps = [step for step in path.strip().strip("\"'`").replace("\\", "/").split("/") if step not in ("", ".")]
        for step in steps:
            bare = "".join(char for char in unicodedata.normalize("NFKC", step) if unicodedata.category(char) != "Cf")
            if bare.strip().startswith((".", "~")) or "/" in bare or "\\" in bare:
                raise UnusableInput(
                    "'{path}' leads to something hidden or out of the allowed folders.",
                    hint="Call list_files to see what can be read.", path=path[:200],
                )  # fmt: skip
        return steps

    def _split(self, path: str) -> tuple[str, list[str]]:
        """The allowed folder, and the steps below it; a whole path counts where it leads into one, as it is written."""
        steps = self._split_words(path)
        if path.strip().strip("\"'`").replace("\\", "/").startswith("/"):
            whole = PurePosixPath("/", *steps)
            for label, root in self._roots.items():
                if nfc(str(whole) + "/").startswith(nfc(str(root) + "/")):
                    return label, list(whole.parts[len(root.parts) :])
        elif steps and nfc(steps[0]) in self._roots:
            return nfc(steps[0]), steps[1:]
        elif len(self._roots) == 1:
            return self.names[0], steps
        raise UnusableInput(
            "'{path}' is outside of the allowed folders.", hint="Paths begin with one of: {names}.", path=path[:200],
            names=", ".join(self._roots),
        )  # fmt: skip

    @contextmanager
    def _opened(self, label: str, parts: Sequence[str], flags: int) -> Iterator[tuple[int, str]]:
        """A descriptor of what the path leads to, and the path as it is shown."""
        shown = label
        try:
            descriptor = os.open(self._roots[label], FOLDER)
        except OSError as error:
            raise _told(error, shown) from error
        try:
            for number, part in enumerate(parts, 1):
                name = _spelt(descriptor, part, shown)
                shown = f"{shown}/{show_path(Path(name))}"
                wanted = flags if number == len(parts) else FOLDER
                try:
                    _check(os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode, wanted, shown)
                    below = os.open(name, wanted, dir_fd=descriptor)
                except OSError as error:
                    raise _told(error, shown) from error
                os.close(descriptor)
                descriptor = below
                _check(os.fstat(descriptor).st_mode, wanted, shown)
            yield descriptor, shown
        finally:
            os.close(descriptor)


def _entries(descriptor: int, shown: str) -> Iterator[Entry]:
    with os.scandir(descriptor) as rows:
        for row in rows:
            if _is_left_out(row.name) or row.is_symlink():
                continue
            mode = row.stat(follow_symlinks=False)
            if stat.S_ISDIR(mode.st_mode) or stat.S_ISREG(mode.st_mode):
                path = f"{shown}/{show_path(Path(row.name))}"
                yield Entry(path, stat.S_ISDIR(mode.st_mode), mode.st_size)


def _is_left_out(name: str) -> bool:
    return name.startswith((".", "~")) or name in JUNK


def _spelt(descriptor: int, part: str, above: str) -> str:
    """The name as the folder writes it: it may be decomposed, as a Mac does.

    Raises:
        NotFound: nothing is called so.
    """
    names = os.listdir(descriptor)
    if part in names:
        return part
    known = {nfc(name): name for name in names if not _is_left_out(name)}
    if nfc(part) in known:
        return known[nfc(part)]
    close = nearest(nfc(part), list(known))
    hint = "Did you mean '{close}'?" if close else "Call list_files to see what is in it."
    raise NotFound("There is no '{name}' in {folder}.", hint=hint, name=part[:100], folder=above, close=close)


def _check(mode: int, wanted: int, shown: str) -> None:
    if stat.S_ISLNK(mode):
        raise UnusableInput("{path} is a link, and links are not followed.", path=shown)
    if wanted == FOLDER and not stat.S_ISDIR(mode):
        raise UnusableInput("{path} is a file, not a folder.", path=shown)
    if wanted == FILE and stat.S_ISDIR(mode):
        raise UnusableInput("'{path}' is a folder.", hint="Call list_files to see what is in it.", path=shown)
    if wanted == FILE and not stat.S_ISREG(mode):
        raise UnusableInput("{path} is neither a file nor a folder.", path=shown)


def _told(error: OSError, shown: str) -> UnusableInput:
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return UnusableInput("{path} is a link, and links are not followed.", path=shown)
    return UnusableInput("{path} cannot be read: {reason}.", path=shown, reason=error.strerror or error)
