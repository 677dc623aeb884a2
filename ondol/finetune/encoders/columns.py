"""Which column is what, in files for encoders; and their rows, held out by question."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from ondol.errors import UnusableInput, UsageError
from ondol.finetune.config import FinetuneConfig
from ondol.finetune.data import DataSource, data_hash, split_examples, weighted
from ondol.finetune.examples import Example
from ondol.finetune.files import read_rows
from ondol.lang import nfc

Names = Mapping[str, str]
"""Role → the names that a column of it has, the likeliest first."""


class Learnable(Protocol):
    """A row that is learnt, and what it is as question and answer."""

    @property
    def example(self) -> Example: ...


Taken = TypeVar("Taken", bound=Learnable)
Make = Callable[[Mapping[str, Any], str, DataSource], Taken]
"""`(values by role, where, source) -> row`; raises UnusableInput where the row cannot be learnt."""


@dataclass(slots=True)
class Part(Generic[Taken]):
    """Rows to learn, and rows that are held out."""

    train: list[Taken]
    valid: list[Taken]
    left_out: list[str] = field(default_factory=list)
    """`faq.csv:12: …`, why a row is not learnt."""
    data_sha256: str = ""
    valid_sha256: str = ""


def find_columns(columns: Sequence[str], names: Names, given: Mapping[str, str], *, source: str) -> dict[str, str]:
    """Role → column, for every role that the file has; what was given wins.

    Raises:
        UsageError: a given column is not there.
    """
    plain = {re.sub(r"[\s_\-./]+", "", nfc(column).lower()): column for column in reversed(columns)}
    found = {role: next((plain[name] for name in known.split() if name in plain), "") for role, known in names.items()}
    for role, value in given.items():
        column = nfc(value).strip("{}")
        if role in names and column not in columns:
            raise UsageError(
                "{source} has no column '{column}'.", hint="Its columns: {columns}.", source=source, column=column,
                columns=", ".join(columns),
            )  # fmt: skip
        found[role] = column
    return {role: column for role, column in found.items() if column and role in names}


def load_rows(
    source: DataSource, names: Names, needed: Iterable[str], make: Make[Taken]
) -> tuple[list[Taken], list[str]]:
    """The rows of a file, and why others were left out.

    Raises:
        NotFound, UnusableInput, MissingExtra: see `read_rows`; or no row can be learnt.
        UsageError: a column that is needed is not there.
    """
    rows = read_rows(source.path)
    found = find_columns(rows.columns, names, source.columns, source=source.path.name)
    for role in needed:
        if role not in found:
            raise UsageError(
                "{source} has no column that is the {role}: its columns are {columns}.",
                hint="Say which it is: --map {role}=COLUMN (roles: {roles})", source=source.path.name, role=role,
                columns=", ".join(rows.columns) or "–", roles=", ".join(names),
            )  # fmt: skip
    made: list[Taken] = []
    problems = list(rows.unreadable)
    for number, values in rows.rows:
        where = f"{source.path.name}:{number}"
        try:
            made.append(make({role: values.get(column) for role, column in found.items()}, where, source))
        except UnusableInput as error:
            problems.append(f"{where}: {error.message}")
    if not made:
        raise UnusableInput(
            "None of the {count} rows of {path} can be learnt: {reason}", hint="Correct the rows, or name the columns.",
            count=len(rows.rows), path=source.path, reason=problems[0],
        )  # fmt: skip
    return made, problems


def load_part(config: FinetuneConfig, names: Names, needed: Sequence[str], make: Make[Taken]) -> Part[Taken]:
    """All files of a run, as often as their weights say, split by question."""
    rows: list[Taken] = []
    problems: list[str] = []
    for source in config.data:
        found, left = load_rows(source, names, needed, make)
        rows += pick_weighted(found, source.weight, config.seed)
        problems += left
    if config.valid:
        held, left = load_rows(DataSource(path=config.valid), names, needed, make)
        part = Part(rows, held, problems + left)
    else:
        by_example = {id(row.example): row for row in rows}
        split = split_examples([row.example for row in rows], share=config.valid_share, seed=config.seed)
        learnt, held = ([by_example[id(one)] for one in side] for side in (split.train, split.valid))
        part = Part(learnt, held, problems)
    part.data_sha256 = data_hash(row.example for row in part.train)
    part.valid_sha256 = data_hash(row.example for row in part.valid)
    return part


def pick_weighted(rows: Sequence[Taken], weight: float, seed: int) -> list[Taken]:
    by_example = {id(row.example): row for row in rows}
    return [by_example[id(one)] for one in weighted([row.example for row in rows], weight, seed)]


def text_of(value: Any) -> str:
    """A cell as text; of a list its first."""
    if isinstance(value, list):
        value = value[0] if value else ""
    return "" if value is None else str(value).strip()


def beside(path: Path, name: str) -> Path:
    """A file named in the data, counted from the data's folder."""
    return path.parent / Path(name).expanduser()
