"""Every result as a line of JSONL, written as it comes, so that an interrupted run goes on where it ended."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ondol.errors import BackendError, UsageError

KIND = "chain"
Place = tuple[str, int | None]
"""(source, row)."""


class ResultsFile:
    """The lines of one run; without a path they are only kept in memory.

    The first line tells what was run with what; a file of another run is refused, and never written over. Rows that
    failed, and a line that was cut off in the middle, are dropped when the run goes on: they are tried again.
    """

    def __init__(self, path: Path | None, asked: Mapping[str, Any]) -> None:
        self.path = path
        self.rows: list[dict[str, Any]] = []
        """Those of this call, of which those that failed hold `error`."""
        self.done: set[Place] = set()
        """Those that were there already."""
        text = json.dumps(asked, sort_keys=True, ensure_ascii=False, default=str)
        self._head = {"ondol": KIND, "hash": hashlib.sha256(text.encode()).hexdigest()[:16], **asked}
        self._file: Any = None

    def add(self, row: dict[str, Any]) -> None:
        self.rows.append(row)
        self._write(row)

    def __enter__(self) -> Self:
        if self.path:
            try:
                self._go_on() if self.path.exists() else None
                self._file = self.path.open("ab")
            except OSError as error:
                raise self._unwritable(error) from error
            if not self.path.stat().st_size:
                self._write(self._head)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file:
            self._file.close()

    def _write(self, row: Mapping[str, Any]) -> None:
        if self._file:
            try:
                line = json.dumps(row, ensure_ascii=False, default=str)
                self._file.write(line.encode("utf-8", "replace") + b"\n")
                self._file.flush()
            except OSError as error:
                raise self._unwritable(error) from error

    def _go_on(self) -> None:
        """Keep the lines of rows that went well; the file changes only where others are in it."""
        assert self.path
        lines = self.path.read_bytes().splitlines(keepends=True)
        rows = [_row(line) for line in lines]
        if lines and (not rows[0] or rows[0].get("ondol") != KIND or rows[0].get("hash") != self._head["hash"]):
            raise UsageError(
                "{path} holds something else than results of this chain with these files, options and this model.",
                hint="Choose another name with --out, or delete the file.", path=self.path,
            )  # fmt: skip
        kept = [line for line, row in zip(lines, rows, strict=True) if row and "error" not in row]
        self.done = {(row["source"], row.get("row")) for row in rows[1:] if row and "error" not in row}
        if len(kept) < len(lines):
            partial = self.path.with_name(f".{self.path.name}.{os.getpid()}")
            partial.write_bytes(b"".join(kept))
            partial.replace(self.path)

    def _unwritable(self, error: OSError) -> BackendError:
        return BackendError(
            "{path} cannot be written: {reason}.", hint="Check its folder and the disk.", path=self.path,
            reason=error.strerror,
        )  # fmt: skip


def _row(line: bytes) -> dict[str, Any] | None:
    """None for a line that is not whole."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) and line.endswith(b"\n") else None
