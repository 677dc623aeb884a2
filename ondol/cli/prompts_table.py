"""Replies to the same values, one beside the other."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from ondol.cli.columns import pad, terminal_width, wrap

NARROWEST, GAP, LINES = 24, 2, 12
"""Columns of a reply at least, between two, and lines of one at most."""


def print_table(rows: list[dict[str, Any]]) -> None:
    """A block for each row of values; as many replies beside each other as the terminal holds."""
    for number, row in enumerate(rows, 1):
        values = " · ".join(f"{name}: {value}" for name, value in row["inputs"].items())
        print("\n".join(wrap(f"{number}. {values}", terminal_width(), lines=2)))
        replies, beside = row["replies"], max(1, (terminal_width() + GAP) // (NARROWEST + GAP))
        for start in range(0, len(replies), beside):
            _print_beside(replies[start : start + beside])
        print()


def _print_beside(replies: list[dict[str, Any]]) -> None:
    width = (terminal_width() + GAP) // len(replies) - GAP
    columns = [
        [
            *wrap(f"{row['model']} · {row['language']} {row['version']}", width, lines=2),
            "─" * min(width, 20),
            *wrap(row.get("text") or f"({row['error']})", width, lines=LINES),
        ]
        for row in replies
    ]
    for cells in zip_longest(*columns, fillvalue=""):
        print((" " * GAP).join(pad(cell, width) for cell in cells).rstrip())
