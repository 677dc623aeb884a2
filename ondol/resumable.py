"""A JSONL file of results that an interrupted run goes on with: what was asked in the first line, then a line each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ondol.errors import BackendError, UsageError

Row = dict[str, Any]


class ResumableFile:
    """Lines are written as they come; without a path nothing is.

    A file of another run is refused, and never written over. A line that was cut off in the middle, and all behind it,
    are dropped when the file is opened.
    """

    def __init__(self, path: Path | None, asked: Mapping[str, Any], *, kind: str, refusal: str) -> None:
        """
        Args:
            kind: of run, in the first line.
            refusal: English template with {path}, for a file of another run.
        """
        self.path, self._kind, self._refusal = path, kind, refusal
        text = json.dumps(asked, sort_keys=True, ensure_ascii=False, default=str)
        self._head = {"ondol": kind, "hash": hashlib.sha256(text.encode()).hexdigest()[:16], **asked}
        self._file: Any = None

    def read(self) -> list[tuple[bytes, Row]]:
        """Whole lines with what they hold, the first one too; empty where there is no file yet.

        Raises:
            UsageError: it is a file of another run.
            BackendError: it cannot be read.
        """
        if not self.path or not self.path.exists():
            return []
        try:
            lines = self.path.read_bytes().splitlines(keepends=True)
        except OSError as error:
            raise self._unwritable(error) from error
        whole: list[tuple[bytes, Row]] = []
        for line in lines:
            row = _row(line)
            if row is None:
                break
            whole.append((line, row))
        if lines and not (whole and (whole[0][1].get("ondol"), whole[0][1].get("hash")) == self._mark):
            raise UsageError(
                self._refusal, hint="Choose another name with --out, or delete the file.", path=self.path
            )  # fmt: skip
        return whole

    def open(self, kept: int) -> None:
        """Go on behind the first `kept` bytes; 0 begins the file."""
        if not self.path:
            return
        try:
            self._file = self.path.open("r+b" if kept else "wb")
            self._file.truncate(kept)
            self._file.seek(kept)
        except OSError as error:
            raise self._unwritable(error) from error
        if not kept:
            self.write(self._head)

    def write(self, row: Mapping[str, Any]) -> None:
        if self._file:
            try:
                line = json.dumps(row, ensure_ascii=False, default=str)
                self._file.write(line.encode("utf-8", "replace") + b"\n")
                self._file.flush()
            except OSError as error:
                raise self._unwritable(error) from error

    def __enter__(self) -> Self:
        self.open(sum(len(line) for line, _ in self.read()))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file:
            self._file.close()

    @property
    def _mark(self) -> tuple[str, str]:
        return self._kind, self._head["hash"]

    def _unwritable(self, error: OSError) -> BackendError:
        return BackendError(
            "{path} cannot be written: {reason}.", hint="Check its folder and the disk.", path=self.path,
            reason=error.strerror,
        )  # fmt: skip


def _row(line: bytes) -> Row | None:
    """None for a line that is not whole."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) and line.endswith(b"\n") else None
