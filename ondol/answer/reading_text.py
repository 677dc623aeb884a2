"""A hit as a reader gets it: what it belongs to, and its text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def names_of(about: Mapping[str, Any]) -> str:
    """Title and heading, of a hit's metadata."""
    return " ".join(filter(None, [about.get("title"), about.get("heading")]))


def with_names(names: str, text: str) -> tuple[str, int]:
    """The names on a line of their own above the text, and where the text begins: "He was born in 1879" alone says
    nothing of whom."""
    return (f"{names}\n{text}", len(names) + 1) if names else (text, 0)
