"""Parts by name: a registry is a dict of `Entry` in a package's `__init__`, and `resolve` opens one."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ondol.errors import MissingExtra, NotFound, UsageError
from ondol.lang import translate


@dataclass(frozen=True, slots=True)
class Entry:
    """One registry line."""

    target: str
    """`module:function`, relative to the package that holds the registry."""
    extra: str = ""
    """The optional group of packages it needs; empty for the base install."""
    about: str = ""
    """One line for people who choose."""


def nearest(name: str, known: list[str]) -> str:
    """The known name that looks most like `name`, or an empty string."""
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.5)), "")


def resolve(package: str, registry: Mapping[str, Entry], name: str, *, what: str) -> Callable[..., Any]:
    """Import the leaf behind `name`.

    Args:
        package: dotted name of the package that holds `registry`.
        what: what the name stands for, as people say it ("vector store").

    Raises:
        NotFound: no entry has that name; the nearest one is told.
        MissingExtra: the entry's optional packages are not installed.
    """
    if name not in registry:
        close, known = nearest(name, list(registry)), ", ".join(sorted(registry))
        hint = "Did you mean '{close}'? Known: {known}." if close else "Known: {known}."
        raise NotFound(
            "No {what} is called '{name}'.", hint=hint, what=translate(what), name=name, close=close, known=known
        )
    entry = registry[name]
    module, _, function = entry.target.partition(":")
    try:
        leaf = import_module(f"{package}.{module}")
    except ModuleNotFoundError as error:
        if not entry.extra or (error.name or "").startswith("ondol"):
            raise
        raise MissingExtra(
            "The {what} '{name}' needs the package '{missing}', which is not installed.",
            hint='Install it with: pip install "ondol[{extra}]"',
            what=translate(what),
            name=name,
            missing=error.name,
            extra=entry.extra,
        ) from error
    found: Callable[..., Any] = getattr(leaf, function)
    return found


def split_spec(spec: str, *, what: str, example: str) -> tuple[str, str]:
    """Split `runtime:name` at its first colon; the name may be empty (`fake:`).

    Raises:
        UsageError: there is no colon.
    """
    runtime, colon, name = spec.partition(":")
    if not colon or not runtime:
        raise UsageError(
            "'{spec}' names no {what}: it is written runtime:name.",
            hint="For example {example}.",
            spec=spec,
            what=translate(what),
            example=example,
        )
    return runtime, name
