"""Every reply as a line of JSONL, written as it comes, so that an interrupted evaluation goes on where it ended."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ondol.errors import BackendError, UsageError
from ondol.evaluate.answers_arms import Reply, reply_from_json

KIND = "answers"
Replies = dict[tuple[str, str], Reply]
"""(arm, question's id) → reply."""
Nats = dict[tuple[str, str], tuple[float, int]]
"""(arm, name of a general text) → (-log probability, bytes)."""


class RepliesFile:
    """The lines of one evaluation; without a path they are only kept in memory.

    The first line tells what was asked of whom; a file of another evaluation is refused, and never written over. A
    line that was cut off in the middle is dropped.
    """

    def __init__(self, path: Path | None, asked: Mapping[str, Any]) -> None:
        self.path, self.replies, self.general = path, Replies(), Nats()
        self.resumed = 0
        """Lines that were there already."""
        self._head = {"ondol": KIND, "hash": digest_of(asked), **asked}
        self._kept = self._read() if path and path.exists() else 0
        self._file: Any = None

    def add_reply(self, arm: str, question: str, reply: Reply) -> None:
        self.replies[arm, question] = reply
        self._write({"arm": arm, "id": question, **reply.to_json()})

    def add_general(self, arm: str, name: str, nats: float, size: int) -> None:
        self.general[arm, name] = nats, size
        self._write({"arm": arm, "general": name, "nats": nats, "bytes": size})

    def __enter__(self) -> Self:
        if self.path:
            try:
                self._file = self.path.open("r+b" if self._kept else "wb")
                self._file.truncate(self._kept)
                self._file.seek(self._kept)
            except OSError as error:
                raise self._unwritable(error) from error
            if not self._kept:
                self._write(self._head)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file:
            self._file.close()

    def _write(self, row: Mapping[str, Any]) -> None:
        if self._file:
            try:
                self._file.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
                self._file.flush()
            except OSError as error:
                raise self._unwritable(error) from error

    def _read(self) -> int:
        """Take the lines that are there; how many bytes of the file are whole."""
        assert self.path
        try:
            lines = self.path.read_bytes().splitlines(keepends=True)
        except OSError as error:
            raise self._unwritable(error) from error
        if not lines:
            return 0
        rows = [_row(line) for line in lines]
        if not rows[0] or rows[0].get("ondol") != KIND or rows[0].get("hash") != self._head["hash"]:
            raise UsageError(
                "{path} holds something else than replies to these questions by these arms and this model.",
                hint="Choose another name with --out, or delete the file.", path=self.path,
            )  # fmt: skip
        kept = len(lines[0])
        for line, row in zip(lines[1:], rows[1:], strict=True):
            if row is None:
                break
            kept += len(line)
            self.resumed += 1
            if "general" in row:
                self.general[row["arm"], row["general"]] = row["nats"], row["bytes"]
            else:
                self.replies[row["arm"], row["id"]] = reply_from_json(row)
        return kept

    def _unwritable(self, error: OSError) -> BackendError:
        return BackendError(
            "{path} cannot be written: {reason}.", hint="Check its folder and the disk.", path=self.path,
            reason=error.strerror,
        )  # fmt: skip


def digest_of(asked: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(asked, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def _row(line: bytes) -> dict[str, Any] | None:
    """None for a line that is not whole."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) and line.endswith(b"\n") else None
