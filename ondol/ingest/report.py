"""What `add` and `remove` tell when they are done."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from ondol.errors import UnusableInput

SHOWN = 3
"""Reasons told when there is nothing to add."""


@dataclass(slots=True, kw_only=True)
class AddReport:
    """Counts are sources; chunks and tokens are those written by this call."""

    collection: str
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    moved: int = 0
    """Sources whose file was found at another place; `sync` counts them among `unchanged` too."""
    removed: int = 0
    failed: list[dict[str, str]] = field(default_factory=list)
    """`path` and `reason` of what was asked for and could not be read."""
    skipped: list[dict[str, str]] = field(default_factory=list)
    """`path` and `reason` of what folders hold besides documents, and of pages without text."""
    hidden: list[dict[str, str]] = field(default_factory=list)
    """`path` and `reason` of text that was left out because no reader of the document sees it."""
    alike: list[dict[str, Any]] = field(default_factory=list)
    """`path`, `other` and `likeness` of what was added and is nearly the same as another source."""
    chunks: int = 0
    tokens: int = 0
    seconds: float = 0.0

    def __add__(self, other: AddReport) -> AddReport:
        """Both together, of one collection."""
        pairs = ((field.name, getattr(self, field.name), getattr(other, field.name)) for field in fields(self))
        return AddReport(**{name: one if name == "collection" else one + more for name, one, more in pairs})


class NothingAdded(UnusableInput):
    report: AddReport
    """Why, file by file."""


def refuse_nothing(report: AddReport, *, hint: str) -> None:
    """Raise when nothing came of it all; the first reasons are told.

    Raises:
        NothingAdded: nothing was added, updated or there already.
    """
    if report.added + report.updated + report.unchanged:
        return
    told = [f"{row['path']}: {row['reason']}" for row in [*report.failed, *report.skipped]]
    more = [f"(+{len(told) - SHOWN})"] if len(told) > SHOWN else []
    error = NothingAdded(
        "There was nothing to add. {reasons}" if told else "There was nothing to add.",
        hint=hint,
        reasons=" · ".join([*told[:SHOWN], *more]),
    )
    error.report = report
    raise error
