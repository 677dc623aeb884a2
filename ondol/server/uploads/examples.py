"""Files of examples and questions, kept by what they hold: the same file has the same place, so a run can go on."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ondol.errors import NotFound, OndolError, UsageError
from ondol.finetune.columns import map_columns
from ondol.finetune.files import read_rows
from ondol.lang import Language, nfc, translate
from ondol.server.errors import Forbidden
from ondol.server.uploads.keep import incoming_folder, keep_file
from ondol.server.uploads.names import safe_name

ID = re.compile(r"[0-9a-f]{20}")
SAMPLE, LONGEST_CELL = 5, 400
"""Rows that are shown, and characters of a cell."""


def keep_examples(home: Path, partial: Path, name: str) -> str:
    """Move a file to its place; returns the id of the data."""
    name = safe_name(name)
    with partial.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    data = hashlib.sha256(f"{content} {name}".encode()).hexdigest()[:20]
    keep_file(partial, _folder(home) / data, name)
    return data


def keep_rows(home: Path, rows: list[dict[str, Any]]) -> str:
    """Rows as JSONL, as `keep_examples`."""
    partial = new_partial(home)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    partial.write_bytes(text.encode("utf-8", "replace"))
    return keep_examples(home, partial, "rows.jsonl")


def keep_path(home: Path, path: str) -> str:
    """A copy of a file of this machine, as `keep_examples`.

    Raises:
        Forbidden: it lies neither in the home nor in the folder that the server was started in.
        NotFound: there is none.
    """
    place = Path(nfc(path).replace("\0", ""))
    try:
        place = place.resolve()
        allowed = any(place.is_relative_to(folder.resolve()) for folder in (home, Path.cwd()))
        if not allowed:
            raise Forbidden(
                "Only files of ondol's home and of the folder that the server was started in are read by their path.",
                hint="Upload the file.",
            )
        if not place.is_file():
            raise NotFound("There is no file {path}.", hint="Upload the file.", path=path)
        partial = new_partial(home)
        shutil.copyfile(place, partial)
    except (OSError, RuntimeError) as error:
        raise NotFound("There is no file {path}.", hint="Upload the file.", path=path) from error
    return keep_examples(home, partial, place.name)


def new_partial(home: Path) -> Path:
    return incoming_folder(home) / secrets.token_hex(12)


def find_examples(home: Path, data: str) -> Path:
    """The file by the id of the data; raises NotFound."""
    folder = _folder(home) / data
    found = sorted(folder.iterdir()) if ID.fullmatch(data) and folder.is_dir() else []
    if not found:
        raise NotFound("There is no data '{name}'.", hint="Send the file again.", name=data[:80])
    return found[0]


def describe_examples(home: Path, data: str, mapping: Mapping[str, str], language: Language) -> dict[str, Any]:
    """Columns, rows, the first of them, and how the columns are understood; `problem` says why they are not.

    Raises:
        UnusableInput, MissingExtra: as `read_rows`.
    """
    path = find_examples(home, data)
    rows = read_rows(path)
    roles, problem = dict[str, str](), ""
    try:
        roles = dict(map_columns(rows.columns, mapping, source=path.name).templates)
    except UsageError as error:
        problem = said(error, language)
    return {
        "data": data, "name": path.name, "columns": rows.columns, "rows": len(rows.rows), "mapping": roles,
        "problem": problem, "unreadable": rows.unreadable[:SAMPLE],
        "sample": [{name: _cell(value) for name, value in values.items()} for _, values in rows.rows[:SAMPLE]],
    }  # fmt: skip


def said(error: OndolError, language: Language) -> str:
    return translate(error.template, language=language, **error.values)


def _cell(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"


def _folder(home: Path) -> Path:
    return home.absolute() / "runs" / "data"
