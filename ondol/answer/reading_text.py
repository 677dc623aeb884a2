"""A hit as a reader gets it: what it belongs to, and its text."""

from __future__ import annotations

from langchain_core.documents import Document


def names_of(hit: Document) -> str:
    """Title and heading."""
    return " ".join(filter(None, [hit.metadata.get("title"), hit.metadata.get("heading")]))


def with_names(names: str, text: str) -> tuple[str, int]:
    """The names on a line of their own above the text, and where the text begins: "He was born in 1879" alone says
    nothing of whom."""
    return (f"{names}\n{text}", len(names) + 1) if names else (text, 0)
