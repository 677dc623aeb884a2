"""A run as a page describes it, checked before anything is begun."""

from __future__ import annotations

import math
from dataclasses import fields
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from ondol.assemble import open_model_store
from ondol.errors import NotFound, UsageError
from ondol.finetune.config import FinetuneConfig, absolute, make_config
from ondol.finetune.data import DataSource
from ondol.lang import nfc
from ondol.registry import nearest, split_spec
from ondol.server.api.job_rows import Text
from ondol.server.uploads.examples import find_examples
from ondol.settings import Settings

UNNAMED = "–"
"""Name and base where none is needed, as `ondol finetune --lint` has them."""
LONGEST_NAME = 120
"""Bytes; it is the name of a folder."""
LARGEST = 1e9
TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,), "float": (int, float), "bool": (bool,), "str": (str,), "tuple[str, ...]": (list,),
}  # fmt: skip


class RunRequest(BaseModel):
    """Further fields are those of a `run.toml`: epochs, batch, rate, rank, max_tokens, seed, …"""

    model_config = ConfigDict(extra="allow")

    data: Text
    """Id of the data."""
    valid: Text = ""
    """Id of the data that are held out."""
    mapping: dict[Text, Text] = {}
    """Role → column or template."""
    base: Text = ""
    kind: Text = "chat"
    method: Text = "lora"
    name: Text = ""
    memory_gb: float = 0
    """Of another machine, for a plan."""


def read_config(asked: RunRequest, settings: Settings, *, named: bool) -> FinetuneConfig:
    """The run that is asked for.

    Args:
        named: it needs a name and a base.

    Raises:
        UsageError, NotFound: it cannot be made like this.
    """
    rows = {nfc(name): _checked(nfc(name), value) for name, value in (asked.model_extra or {}).items()}
    if asked.base:
        check_base(settings, asked.base)
    valid = {"valid": find_examples(settings.home, asked.valid)} if asked.valid else {}
    source = DataSource(path=find_examples(settings.home, asked.data), columns=asked.mapping)
    name = asked.name.strip()
    if len(name.encode()) > LONGEST_NAME or not name.isprintable():
        raise UsageError("'{name}' cannot be the name of a run.", hint="Choose a shorter one.", name=name[:80])
    config = make_config(
        {
            **rows, **valid, "data": (source,), "kind": asked.kind, "method": asked.method,
            "name": name or ("" if named else UNNAMED), "base": asked.base or ("" if named else UNNAMED),
        },
        "The request",
    )  # fmt: skip
    return absolute(config)


def check_base(settings: Settings, base: str) -> None:
    """Raises NotFound unless it is one of ondol's own models, or what the server was started with: any other would
    open files or repositories on a stranger's word."""
    _, name = split_spec(base, what="base", example="llama.cpp:gemma-3-270m")
    known = [row["name"] for row in open_model_store(settings).list_models()]
    given = [spec.partition(":")[2] for spec in (settings.model, settings.embeddings)]
    if name not in (*known, *given):
        close = nearest(name, known)
        raise NotFound(
            "The server has no model '{name}'.",
            hint="Did you mean '{close}'? Known: {known}." if close else "Known: {known}.",
            name=name[:80], close=close, known=", ".join(known),
        )  # fmt: skip


def _checked(name: str, value: Any) -> Any:
    """A value of the kind that the run has there; unknown names are refused later, with the nearest known one."""
    declared = {field.name: str(field.type) for field in fields(FinetuneConfig)}
    if name not in declared:
        return value
    kinds = TYPES[declared[name]]
    fits = isinstance(value, kinds) and (isinstance(value, bool) == (kinds == (bool,)))
    number = isinstance(value, int | float) and not (math.isfinite(value) and abs(value) <= LARGEST)
    if not fits or number or (isinstance(value, list) and not all(isinstance(part, str) for part in value)):
        raise UsageError("'{name}' has a value that it cannot have.", hint="See: docs/jobs.md", name=name)
    return [nfc(part) for part in value] if isinstance(value, list) else nfc(value) if isinstance(value, str) else value


def to_request(config: FinetuneConfig) -> dict[str, Any]:
    """The run as JSON, for the job that makes it."""
    rows = config.to_json()
    return {name: str(value) if isinstance(value, Path) else value for name, value in rows.items()}
