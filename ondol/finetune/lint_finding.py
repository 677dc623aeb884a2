"""What a lint found: what is wrong, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ondol.lang import translate

Level = Literal["error", "warning", "note"]
ORDER: tuple[Level, ...] = ("error", "warning", "note")
SHOWN = 20
"""Rows that a finding lists; its message has their number."""


@dataclass(frozen=True, slots=True)
class Finding:
    kind: str
    """Stable, for programs: `duplicate`, `leak`, …"""
    level: Level
    message: str
    """For people, in their language."""
    fix: str
    rows: tuple[str, ...] = ()
    """`Example.where`, at most `SHOWN`."""

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "rows": list(self.rows)}


def make_finding(kind: str, level: Level, message: str, fix: str, rows: Iterable[str] = (), **values: Any) -> Finding:
    """A finding from English templates; `values` fill both."""
    return Finding(
        kind, level, translate(message, **values), translate(fix, **values), tuple(dict.fromkeys(rows))[:SHOWN]
    )


def quoted(text: str, longest: int = 60) -> str:
    """On one line, shortened."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
