"""JSONL: an object in each line."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path

from ondol.ingest.record_files.row import LARGEST_ROW, Row, Unreadable
from ondol.lang import translate


def read_lines(path: Path, wanted: Collection[str]) -> Iterator[Row | Unreadable]:  # noqa: ARG001 - all is read
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LARGEST_ROW + 1):
            number += 1
            if len(line) > LARGEST_ROW:
                while line and not line.endswith(b"\n"):
                    line = file.readline(LARGEST_ROW)
                reason = "Line {number} is longer than {limit} MB."
                yield Unreadable(translate(reason, number=number, limit=LARGEST_ROW >> 20))
            elif line.strip():
                yield _read(line.removeprefix(b"\xef\xbb\xbf"), number)


def _read(line: bytes, number: int) -> Row | Unreadable:
    try:
        return Row(number, line.strip(), json.loads(line.decode("utf-8")))
    except (ValueError, RecursionError) as error:
        return Unreadable(translate("Line {number} is not JSON: {reason}", number=number, reason=error))
