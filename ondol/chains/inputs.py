"""What a chain is run over: whole files, or the rows of files of records, one after another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.documents import Document

from ondol.chains.text import TextLike
from ondol.errors import UnusableInput, UsageError
from ondol.ingest.read import load_documents
from ondol.ingest.record_files import RECORD_FILES
from ondol.ingest.record_files.row import Row
from ondol.lang import nfc
from ondol.library.library import Library
from ondol.registry import resolve

TEXT = "text"
"""The column that is read where none is named."""
SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One text with where it is from, or why it cannot be read."""

    source: str
    row: int | None = None
    """Number of the row from 1; None for a whole file."""
    id: Any = None
    """What the row's column "id" holds."""
    text: TextLike = ""
    problem: str = ""

    @property
    def place(self) -> dict[str, Any]:
        place: dict[str, Any] = {"source": self.source}
        place |= {} if self.row is None else {"row": self.row}
        return place | ({} if self.id is None else {"id": self.id})


def read_items(path: Path, column: str | None = None) -> Iterator[Item]:
    """The rows of a table or JSONL, or a whole file of any other kind that ondol reads.

    Args:
        column: which holds the text, "text" when not given; a .json file is a list of rows only with it.

    Raises:
        UsageError: there is no such column; a column is named and the file has none.
        UnusableInput: the table cannot be read. A whole file that cannot be read is an item with its problem.
    """
    suffix = path.suffix.lower()
    if suffix in RECORD_FILES and (suffix != ".json" or column):
        yield from _rows(path, nfc(column or TEXT))
        return
    if column:
        raise UsageError(
            "{path} has no columns.", hint="Leave --column out, or give a file of: {known}.", path=path,
            known=" ".join(sorted(RECORD_FILES)),
        )  # fmt: skip
    try:
        yield Item(source=str(path), text=load_documents(path))
    except UnusableInput as error:
        yield Item(source=str(path), problem=error.message)


def read_library(library: Library) -> Item:
    """All sources of a collection as one text."""
    documents = [
        Document(
            page_content=library.text(row["document_id"]), metadata={"source": row["source"], "title": row["title"]}
        )
        for row in library.source_rows()
    ]
    return Item(source=library.state()["collection"], text=documents)


def digest_of_files(paths: Iterable[Path]) -> list[tuple[str, str]]:
    """Path and SHA-256 of each file, so that a changed one is not gone on with.

    Raises:
        UnusableInput: one cannot be read.
    """
    made = []
    for path in paths:
        try:
            with path.open("rb") as file:
                made.append((str(path), hashlib.file_digest(file, "sha256").hexdigest()))
        except OSError as error:
            raise _unreadable(path, error) from error
    return made


def _rows(path: Path, column: str) -> Iterator[Item]:
    reader = resolve("ondol.ingest.record_files", RECORD_FILES, path.suffix.lower(), what="format")
    known = False
    try:
        for number, row in enumerate(reader(path, {column, "id"}), 1):
            if not isinstance(row, Row):
                yield Item(source=str(path), row=number, problem=row.reason)
                continue
            values = {nfc(name): value for name, value in row.values.items()} if isinstance(row.values, dict) else {}
            if column not in values and not known:
                raise UsageError(
                    "{path} has no column '{column}'.", hint="Name one with --column; there are: {known}.", path=path,
                    column=column, known=", ".join(list(values)[:SHOWN]) or "–",
                )  # fmt: skip
            known = True
            text = values.get(column)
            yield Item(source=str(path), row=number, id=values.get("id"), text="" if text is None else str(text))
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> UnusableInput:
    return UnusableInput(
        "{path} cannot be read: {reason}.", hint="Check the path.", path=path, reason=error.strerror or error
    )
