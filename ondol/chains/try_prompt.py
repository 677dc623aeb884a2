"""Prompts side by side: every row of values with every version of a prompt, on one model after another."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel

from ondol.chains.asking import Asking
from ondol.errors import OndolError, UnusableInput
from ondol.ingest.record_files import RECORD_FILES
from ondol.ingest.record_files.row import Row
from ondol.lang import Language
from ondol.prompts.load import Prompts
from ondol.prompts.prompt import Prompt
from ondol.registry import resolve


def read_values(path: Path) -> list[dict[str, str]]:
    """The rows of a JSONL file or table, each a value for every variable of a prompt.

    Raises:
        NotFound: it is no file of records.
        UnusableInput: it cannot be read, or a row is not names with values.
    """
    reader = resolve("ondol.ingest.record_files", RECORD_FILES, path.suffix.lower(), what="format")
    made = []
    try:
        for number, row in enumerate(reader(path, ()), 1):
            if not isinstance(row, Row) or not isinstance(row.values, dict):
                reason = getattr(row, "reason", "") or "it is not names with values"
                raise UnusableInput(
                    "Row {number} of {path} cannot be used: {reason}", number=number, path=path, reason=reason
                )
            made.append({str(name): str(value) for name, value in row.values.items()})
    except OSError as error:
        raise UnusableInput(
            "{path} cannot be read: {reason}.", hint="Check the path.", path=path, reason=error.strerror or error
        ) from error
    return made


def choose_versions(
    prompts: Prompts, name: str, values: Mapping[str, str], versions: Sequence[int], language: Language | None
) -> list[Prompt]:
    """The prompt in these versions (the newest where none is named), in the language of the values unless told.

    Raises:
        UsageError: a value is missing or unknown.
    """
    question = values.get("question") or " ".join(values.values())
    wanted: Sequence[int | None] = versions or [None]
    found = [prompts.load(name, language=language, question=question, version=version) for version in wanted]
    for prompt in found:
        prompt.write_chat(**values)
    return found


def try_prompts(
    model: BaseChatModel, rows: Sequence[tuple[Mapping[str, str], Sequence[Prompt]]]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The place of a row, and what the model wrote with one of its prompts; a failure is told in `error`."""
    for place, (values, prompts) in enumerate(rows):
        for prompt in prompts:
            asking, start = Asking(model), time.perf_counter()
            told: dict[str, Any] = {"version": prompt.version, "language": prompt.language, "hash": prompt.hash}
            try:
                told["text"] = asking.write(prompt, values)
            except OndolError as error:
                told["error"] = error.message
            yield place, {**told, "usage": asking.usage, "ms": round(1000 * (time.perf_counter() - start), 1)}
