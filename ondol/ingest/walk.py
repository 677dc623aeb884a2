"""Paths, folders and patterns to the files they mean; what cannot be read is told once."""

from __future__ import annotations

import errno
import os
import stat
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Protocol

from ondol.lang import nfc, translate

JUNK = {"node_modules", "__pycache__", "__MACOSX", "venv", "site-packages", "Thumbs.db", "desktop.ini"}
"""Left out inside folders, like every name that starts with a dot or with Word's `~$`."""
MAGIC = set("*?[")


class Rules(Protocol):
    def match(self, path: Path, *, folder: bool) -> bool:
        """Whether `path` is to be left out."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read."""

    path: str
    """As it was named or found, NFC: what people see."""
    place: Path
    """The file itself, links resolved."""
    key: str = ""
    """What the library knows it by; the place when empty."""
    passing: bool = False
    """Whether it is to be deleted when it was read."""

    @property
    def known_as(self) -> str:
        return self.key or str(self.place)


@dataclass(slots=True)
class Walk:
    """What paths lead to; every file once."""

    suffixes: Collection[str]
    """Extensions that can be read, lower case with the dot."""
    files: list[Found] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)
    skipped: list[dict[str, str]] = field(default_factory=list)
    _seen: set[Path] = field(default_factory=set)
    _unknown: Counter[str] = field(default_factory=Counter)
    rules: Rules | None = None
    """What to leave out inside folders besides `JUNK`."""

    def add(self, name: str) -> None:
        """Follow one path, folder or pattern."""
        self._unknown.clear()
        pattern = Path(name).expanduser()
        matches = [pattern] if os.path.lexists(pattern) else list(_expand(Path(pattern.anchor), _parts(pattern)))
        if not matches:
            reason = "No file fits this pattern." if MAGIC & set(name) else "There is no such file or folder."
            self._fail(pattern, reason)
        literal = len(matches) == 1 and nfc(str(matches[0])) == nfc(str(pattern))
        for match in matches:
            self._visit(match, named=literal, above=())
        self._tell_unknown(pattern)

    def add_folder(self, folder: Path) -> None:
        """Follow a folder whose name is no pattern."""
        self._unknown.clear()
        self._visit(folder, named=True, above=())
        self._tell_unknown(folder)

    def _tell_unknown(self, pattern: Path) -> None:
        if self._unknown:
            kinds = ", ".join(f"{kind} ({count})" for kind, count in self._unknown.most_common(6))
            reason = translate("Files of formats that cannot be read: {kinds}", kinds=kinds)
            self.skipped.append({"path": show_path(pattern), "reason": reason})

    def _visit(self, path: Path, *, named: bool, above: tuple[Path, ...]) -> None:
        try:
            place = path.resolve(strict=True)
            mode = place.stat().st_mode
            if stat.S_ISDIR(mode):
                self._visit_folder(path, place, above)
            elif not stat.S_ISREG(mode):
                self._fail(path, "This is neither a file nor a folder.")
            elif path.suffix.lower() in self.suffixes:
                self._take(path, place)
            elif named:
                self._fail(path, "The format {kind} cannot be read.", kind=path.suffix or path.name)
            else:
                self._unknown[path.suffix.lower() or path.name] += 1
        except FileNotFoundError:
            self._fail(path, "This link leads nowhere.")
        except PermissionError:
            self._fail(path, "Reading this is not permitted.")
        except (OSError, RuntimeError) as error:
            loop = isinstance(error, RuntimeError) or error.errno == errno.ELOOP
            self._fail(path, "This link leads back to itself." if loop else "{error}", error=error)

    def _visit_folder(self, path: Path, place: Path, above: tuple[Path, ...]) -> None:
        if place in above:
            self._fail(path, "This link leads back to a folder above it.")
        elif place not in self._seen:
            self._seen.add(place)
            for entry in sorted(os.scandir(path), key=lambda entry: nfc(entry.name)):
                inner = path / entry.name
                if not _is_junk(entry.name) and not (self.rules and self.rules.match(inner, folder=entry.is_dir())):
                    self._visit(inner, named=False, above=(*above, place))

    def _take(self, path: Path, place: Path) -> None:
        if place not in self._seen:
            self._seen.add(place)
            self.files.append(Found(show_path(path), place))

    def _fail(self, path: Path, reason: str, **values: Any) -> None:
        self.failed.append({"path": show_path(path), "reason": translate(reason, **values)})


def walk_paths(paths: Iterable[str], suffixes: Collection[str]) -> Walk:
    """Find the files that `paths` name: files, folders with all below them, patterns with `*`, `?`, `[…]`, `**`."""
    walk = Walk(suffixes)
    for name in paths:
        walk.add(name)
    return walk


def walk_folder(folder: Path, suffixes: Collection[str], rules: Rules) -> Walk:
    """Find the files below `folder` that the rules do not leave out."""
    walk = Walk(suffixes, rules=rules)
    walk.add_folder(folder)
    return walk


def show_path(path: Path) -> str:
    """The path as text that every file and terminal takes: NFC, undecodable bytes replaced."""
    return nfc(os.fsencode(path).decode("utf-8", "replace"))


def _is_junk(name: str) -> bool:
    return name.startswith((".", "~$")) or name in JUNK


def _parts(pattern: Path) -> list[str]:
    return list(pattern.parts[1:] if pattern.anchor else pattern.parts)


def _expand(folder: Path, parts: list[str]) -> Iterator[Path]:
    """Paths below `folder` that fit, names compared in NFC: a pattern finds what a Mac has decomposed."""
    if not parts:
        yield folder
        return
    head, rest = parts[0], parts[1:]
    if head in ("..", "."):
        yield from _expand(folder / head, rest)
        return
    if head == "**":
        yield from _expand(folder, rest)
    for name in _names(folder):
        below = folder / name
        if head == "**":
            if not _is_junk(name) and below.is_dir() and not below.is_symlink():
                yield from _expand(below, parts)
        elif nfc(name) == nfc(head) or (fnmatchcase(nfc(name), nfc(head)) and not _is_junk(name)):
            yield from _expand(below, rest)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder), key=nfc)  # noqa: PTH208 - names, not paths
    except OSError:
        return []  # not a folder, or not ours to read: nothing fits below it
