"""Lines of JSONL and of tables, with the number of the line that a mistake is told with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ondol.errors import UnusableInput
from ondol.lang import nfc, translate

Cells = list[str]


def read_lines(path: Path) -> list[tuple[int, str]]:
    """Number and text of every line that is not blank.

    Raises:
        UnusableInput: the file cannot be read, is not UTF-8, or holds nothing.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:  # a name may hold a null byte, and bad UTF-8 is a ValueError too
        raise UnusableInput(
            "{path} cannot be read: {reason}.",
            hint="Give a JSONL file in UTF-8.",
            path=path,
            reason=getattr(error, "strerror", "") or error,
        ) from error
    # splitlines would cut at U+2028 inside a string
    lines = [(number, line.rstrip("\r")) for number, line in enumerate(nfc(text).split("\n"), 1) if line.strip()]
    if not lines:
        raise UnusableInput("{path} is empty.", hint="Give a file with a question or judgement a line.", path=path)
    return lines


def is_jsonl(lines: Sequence[tuple[int, str]]) -> bool:
    return lines[0][1].lstrip().startswith(("{", "["))


def json_rows(lines: Sequence[tuple[int, str]], path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Raises UnusableInput for a line that is no JSON object."""
    for number, line in lines:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise bad_line(path, number, "it is not JSON ({problem})", problem=str(error)[:120]) from error
        if not isinstance(row, dict):
            raise bad_line(path, number, "it is not an object")
        yield number, row


def table_rows(lines: Sequence[tuple[int, str]]) -> Iterator[tuple[int, Cells]]:
    """Cells between tabs; a file without a tab is split at white space, as TREC writes it."""
    tabs = any("\t" in line for _, line in lines)
    for number, line in lines:
        yield number, [cell.strip() for cell in line.split("\t")] if tabs else line.split()


def pick(row: Mapping[str, Any], names: Sequence[str]) -> Any:
    """The first of the keys that the row has a value for; None when it has none of them."""
    return next((row[name] for name in names if row.get(name) is not None), None)


def name_in(value: Any) -> str:
    """An id, which may be written as a number; empty when it is neither text nor a whole number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return nfc(str(value)).strip()


def bad_line(
    path: Path, number: int, reason: str, hint: str = "Correct that line.", **values: Any
) -> UnusableInput:  # fmt: skip
    """The error about one line; `values` fill `reason`, which is a template."""
    told = translate(reason, **values)
    return UnusableInput("Line {number} of {path}: {reason}.", hint=hint, number=number, path=path, reason=told)
