"""Prompts by name: those of the project win over those of the home, and both over ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ondol.errors import NotFound, UsageError
from ondol.lang import Language, detect_language
from ondol.prompts.prompt import Prompt
from ondol.prompts.read import read_prompt
from ondol.registry import nearest
from ondol.settings import load_settings

OURS = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Prompts:
    """Folders with prompts as (origin, folder), the strongest first; each may have folders `en` and `ko`."""

    folders: tuple[tuple[str, Path], ...]

    def load(
        self, name: str, *, language: Language | None = None, question: str = "", version: int | None = None
    ) -> Prompt:
        """The newest version in the strongest folder that has it in the language wanted.

        Args:
            language: no other will do.
            question: what it is for: the prompt in its language is taken, or in the other one where there is no such.

        Raises:
            NotFound: no prompt has that name, version or language.
            UsageError: the file is no prompt, or two files are the same version.
        """
        found = [
            row for _, folder in self.folders for row in self._of(name, folder)
            if version is None or row.version == version
        ]  # fmt: skip
        wanted = language or (detect_language(question) if question else "en")
        for choice in [row for row in found if row.language == wanted], found if language is None else []:
            if choice:
                return choice[0]
        raise self._unknown(name, language, version)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every prompt with where it is from; `problem` says why a file is none."""
        for origin, folder in self.folders:
            for path in _files(folder):
                try:
                    prompt = _read(path)
                except UsageError as error:
                    yield {"name": path.stem, "origin": origin, "path": str(path), "problem": error.message}
                    continue
                if prompt:
                    about = {"variables": list(prompt.variables), "about": prompt.about, "model": dict(prompt.settings)}
                    yield {**prompt.label, **about, "origin": origin, "path": str(path)}

    def _of(self, name: str, folder: Path) -> list[Prompt]:
        """Prompts of one folder, the newest first; a file that is none matters only when it is called like this."""
        found: dict[tuple[str, int], Prompt] = {}
        for path in _files(folder):
            try:
                prompt = _read(path)
            except UsageError:
                if path.stem == name:
                    raise
                continue
            if prompt is None or prompt.name != name:
                continue
            twin = found.setdefault((prompt.language, prompt.version), prompt)
            if twin is not prompt:
                raise UsageError(
                    "{first} and {second} are both version {version} of the prompt '{name}'.",
                    hint="Give one of them another version.", first=twin.source, second=path, version=prompt.version,
                    name=name,
                )  # fmt: skip
        return sorted(found.values(), key=lambda prompt: -prompt.version)

    def _unknown(self, name: str, language: Language | None, version: int | None) -> NotFound:
        rows = [row for row in self.rows() if "problem" not in row]
        same = [row for row in rows if row["name"] == name]
        if same:
            known = ", ".join(sorted({f"{row['language']} {row['version']}" for row in same}))
            return NotFound(
                "The prompt '{name}' is not there as {wanted}.", hint="There is: {known}.", name=name, known=known,
                wanted=" ".join(str(part) for part in (language, version) if part),
            )  # fmt: skip
        names = sorted({row["name"] for row in rows})
        close = nearest(name, names)
        hint = "Did you mean '{close}'? Known: {known}." if close else "Known: {known}."
        return NotFound(
            "No {what} is called '{name}'.", hint=hint, what="prompt", name=name, close=close, known=", ".join(names)
        )


def open_prompts(home: Path | None = None) -> Prompts:
    """Those in `./prompts`, in `prompts` of the home (that of the settings when not given), and ours."""
    home = home or load_settings().home
    return Prompts((("here", Path("prompts")), ("home", home / "prompts"), ("ondol", OURS)))


def load_prompt(
    name: str, *, language: Language | None = None, question: str = "", version: int | None = None,
    home: Path | None = None,
) -> Prompt:  # fmt: skip
    """As `Prompts.load`, from the usual folders."""
    return open_prompts(home).load(name, language=language, question=question, version=version)


def _read(path: Path) -> Prompt | None:
    stat = path.stat()
    return _read_once(path.absolute(), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=256)
def _read_once(path: Path, changed: int, size: int) -> Prompt | None:  # noqa: ARG001 - a changed file is read again
    return read_prompt(path)


def _files(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.md"), *folder.glob("*/*.md")])
