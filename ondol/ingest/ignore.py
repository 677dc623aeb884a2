"""Which files of a folder are not documents: rules as in `.gitignore`, from files in the folder and from options."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pathspec import GitIgnoreSpec

from ondol.errors import UsageError
from ondol.lang import nfc

NAMES = (".gitignore", ".ondolignore")
"""Read in every folder, the second over the first; rules further down win."""


class IgnoreRules:
    """Rules below one folder, each file of rules read when the first path below it is asked for."""

    def __init__(self, top: Path, exclude: Sequence[str] = (), *, read_files: bool = True) -> None:
        """Take the rules of `top`.

        Args:
            exclude: patterns that win over those of the files; `!drafts/final.md` takes a file in again.
            read_files: whether `.gitignore` and `.ondolignore` count.

        Raises:
            UsageError: a pattern cannot be one.
        """
        self._top, self._read_files = top, read_files
        self._specs: dict[Path, GitIgnoreSpec] = {}
        self._own = _spec(exclude)

    def match(self, path: Path, *, folder: bool) -> bool:
        """Whether `path`, below the top, is to be left out."""
        own = _verdict(self._own, self._top, path, folder=folder)
        if own is not None or not self._read_files:
            return bool(own)
        inner = path.parent
        while inner.is_relative_to(self._top):
            verdict = _verdict(self._spec_of(inner), inner, path, folder=folder)
            if verdict is not None:
                return verdict
            if inner == self._top:
                break
            inner = inner.parent
        return False

    def _spec_of(self, folder: Path) -> GitIgnoreSpec:
        if folder not in self._specs:
            lines: list[str] = []
            for name in NAMES:
                try:
                    lines += (folder / name).read_text(encoding="utf-8", errors="replace").splitlines()
                except OSError:
                    continue  # no such file, or not ours to read
            self._specs[folder] = _spec(lines)
        return self._specs[folder]


def _spec(lines: Sequence[str]) -> GitIgnoreSpec:
    try:
        return GitIgnoreSpec.from_lines([nfc(line) for line in lines])
    except ValueError as error:
        raise UsageError(
            "A pattern cannot be read: {reason}", hint="Patterns are those of .gitignore.", reason=error
        ) from error


def _verdict(spec: GitIgnoreSpec, top: Path, path: Path, *, folder: bool) -> bool | None:
    """True to leave out, False to take in, None when no rule fits."""
    inside = nfc(path.relative_to(top).as_posix())
    return spec.check_file(inside + "/" if folder else inside).include
