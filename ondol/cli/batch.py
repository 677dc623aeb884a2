"""`--batch Q.jsonl --out R.jsonl`: one result line for every question line, written as they come."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ondol.errors import BackendError, UnusableInput, UsageError
from ondol.lang import nfc


def check_batch(question: str | None, batch: Path | None, out: Path | None) -> None:
    """Raises UsageError unless there is one question, or both --batch and --out."""
    if (batch is None) != (out is None):
        raise UsageError("--batch and --out go together.", hint="Add the missing one.")
    if (question is None) == (batch is None):
        raise UsageError("A question is missing.", hint="Write it in quotes, or give --batch FILE --out FILE.")
    if out and (out.is_dir() or not out.absolute().parent.is_dir()):  # told now, not after an hour of answers
        raise UsageError("{path} cannot be a file.", hint="Make its folder, or name another one with --out.", path=out)
    if question is not None and not question.strip():
        raise UsageError("The question is empty.", hint="Write it in quotes.")


def read_questions(path: Path) -> Iterator[tuple[Any, str]]:
    """(id, question) of every line of a JSONL file.

    Raises:
        UnusableInput: the file cannot be read, or a line is not an object with `id` and `question`.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")  # splitlines would cut at U+2028 inside a string
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableInput(
            "{path} cannot be read: {reason}.",
            hint="Give a JSONL file in UTF-8.",
            path=path,
            reason=getattr(error, "strerror", "") or error,
        ) from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            name, question = row["id"], nfc(row["question"])
            if not question.strip():
                raise ValueError("the question is empty")
        except (ValueError, KeyError, TypeError) as error:
            raise UnusableInput(
                "Line {number} of {path} is not a question row.",
                hint='Each line is written {{"id": "1", "question": "…"}}.',
                number=number,
                path=path,
            ) from error
        yield nfc(name) if isinstance(name, str) else name, question


def run_batch(batch: Path, out: Path, answer: Callable[[str], dict[str, Any]]) -> None:
    """Write `answer(question)` with its id for every row; the file gets its name when all are there."""
    from ondol.cli.bars import Bars

    questions = list(read_questions(batch))
    partial = out.with_name(f".{out.name}.{os.getpid()}")
    bars = Bars()
    bars.begin("Answering", len(questions), "questions")
    try:
        with partial.open("w", encoding="utf-8") as file:
            for name, question in questions:
                file.write(json.dumps({"id": name, **answer(question)}, ensure_ascii=False) + "\n")
                file.flush()
                bars.advance(1)
        partial.replace(out)
    except OSError as error:
        raise BackendError(
            "{path} cannot be written: {reason}.", hint="Check its folder, or name another one with --out.", path=out,
            reason=error.strerror,
        ) from error  # fmt: skip
    finally:
        bars.end()
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
