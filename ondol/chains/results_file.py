"""Every result as a line of JSONL, written as it comes, so that an interrupted run goes on where it ended."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from ondol.model_store.manifest import write_atomic
from ondol.resumable import ResumableFile

Place = tuple[str, int | None]
"""(source, row)."""
OTHER = "{path} holds something else than results of this chain with these files, options and this model."


class ResultsFile(ResumableFile):
    """The lines of one run; without a path they are only kept in memory.

    Rows that failed are dropped when the run goes on: they are tried again.
    """

    def __init__(self, path: Path | None, asked: Mapping[str, Any]) -> None:
        super().__init__(path, asked, kind="chain", refusal=OTHER)
        self.rows: list[dict[str, Any]] = []
        """Those of this call, of which those that failed hold `error`."""
        self.done: set[Place] = set()
        """Those that were there already."""

    def add(self, row: dict[str, Any]) -> None:
        self.rows.append(row)
        self.write(row)

    def __enter__(self) -> Self:
        whole = self.read()
        kept = [(line, row) for line, row in whole if "error" not in row]
        self.done = {(row["source"], row.get("row")) for _, row in kept[1:]}
        text = b"".join(line for line, _ in kept)
        if self.path and len(kept) < len(whole):
            try:
                write_atomic(self.path, text)
            except OSError as error:
                raise self._unwritable(error) from error
        self.open(len(text))
        return self
