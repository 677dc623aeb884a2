"""What `ondol finetune` does: gather the run, look at its data, reckon it, make it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ondol.cli.output import print_json, tell
from ondol.errors import UsageError

if TYPE_CHECKING:
    from ondol.finetune.config import FinetuneConfig
    from ondol.finetune.data import DataSource
    from ondol.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What to do with a run, and how it is shown."""

    lint: bool
    plan: bool
    memory_gb: float
    picture: Path | None
    launch: int
    as_json: bool


def carry_out(config: FinetuneConfig, settings: Settings, look: Look, data: Sequence[str]) -> None:
    """Look at the data, plan the run, or make it."""
    from ondol.assemble_training import with_contract
    from ondol.cli.finetune_shown import show_findings, show_plan, show_run

    if look.lint:
        found = lint(config, settings, data=data, picture=look.picture)
        print_json(found) if look.as_json else show_findings(found)
        raise typer.Exit(1 if any(row["level"] == "error" for row in found["findings"]) else 0)
    if look.plan:
        planned = plan(config, settings, look.memory_gb)
        print_json(planned) if look.as_json else show_plan(planned)
        return
    about = train(config, settings, launch=look.launch)
    print_json(with_contract(about)) if look.as_json else show_run(about)


def gather(
    data: Sequence[str], columns: Sequence[str] | None, given: Sequence[str] | None, values: Mapping[str, Any], *,
    named: bool,
) -> FinetuneConfig:  # fmt: skip
    """The run that the command line describes, or the one in a `run.toml`, with what was given on top.

    Args:
        named: a name is needed; to look at data or plan, none is.
    """
    from ondol.finetune.config import make_config, read_config

    more = {**_pairs(given or [], "--set"), **{key: value for key, value in values.items() if value is not None}}
    if len(data) == 1 and data[0].endswith(".toml"):
        if columns:
            raise UsageError("--map belongs to files of examples.", hint="In a run.toml it is `map` of its data.")
        return read_config(Path(data[0]).expanduser(), **more)
    mapping = {key: str(value) for key, value in _pairs(columns or [], "--map", text=True).items()}
    sources = tuple(_source(name, mapping) for name in data)
    unnamed = {} if named else {"name": "–", "base": "–"}
    return make_config({**unnamed, **more, "data": sources}, "ondol finetune")


def _source(name: str, mapping: Mapping[str, str]) -> DataSource:
    from ondol.finetune.data import DataSource

    path, mark, weight = name.rpartition("@")
    if mark and not Path(name).expanduser().exists():
        try:
            return DataSource(path=Path(path).expanduser(), weight=float(weight), columns=mapping)
        except ValueError:
            pass
    return DataSource(path=Path(name).expanduser(), columns=mapping)


def _pairs(rows: Sequence[str], option: str, *, text: bool = False) -> dict[str, Any]:
    """`NAME=VALUE` rows; a value is read as JSON where it is JSON."""
    pairs: dict[str, Any] = {}
    for row in rows:
        name, sign, value = row.partition("=")
        if not sign or not name.strip():
            raise UsageError(
                "'{row}' is no pair NAME=VALUE.", hint="Such as {option} {example}", row=row, option=option,
                example="question=질문" if text else "dora=true",
            )  # fmt: skip
        try:
            pairs[name.strip()] = value if text else json.loads(value)
        except ValueError:
            pairs[name.strip()] = value
    return pairs


def train(config: FinetuneConfig, settings: Settings, *, launch: int) -> dict[str, Any]:
    from ondol.assemble_training import run_finetuning
    from ondol.cli.bars import Bars

    if launch > 1:
        from ondol.finetune.launch import launch_run

        return launch_run(config, settings.home, processes=launch)
    return run_finetuning(config, settings=settings, progress=Bars())


def lint(config: FinetuneConfig, settings: Settings, *, data: Sequence[str], picture: Path | None) -> dict[str, Any]:
    """Findings about examples, about a tokenised set, or about a training script of one's own."""
    scripts = [Path(name).expanduser() for name in data if name.endswith((".py", ".ipynb"))]
    if scripts:
        return _lint_scripts(scripts)
    from ondol.assemble_training import lint_finetuning

    found = lint_finetuning(config, settings=settings)
    if picture and "pictures" in found:
        _write_picture(config, found, picture)
    return found


def _lint_scripts(scripts: Sequence[Path]) -> dict[str, Any]:
    from ondol.errors import NotFound
    from ondol.finetune.lint_script import lint_script

    findings = []
    for path in scripts:
        if not path.is_file():
            raise NotFound("There is no file {path}.", hint="Name a Python script or a notebook.", path=path)
        findings += lint_script(path.read_text(encoding="utf-8", errors="replace"), path.name)
    return {"findings": [finding.to_json() for finding in findings]}


def _write_picture(config: FinetuneConfig, found: dict[str, Any], picture: Path) -> None:
    from ondol.cli.output import write_new
    from ondol.finetune.picture import draw_html
    from ondol.tokens.encode import Encoded

    encoded = [(Encoded(row["ids"], row["labels"]), row["pieces"]) for row in found["pictures"]]
    title = ", ".join(source.path.name for source in config.data)
    write_new(picture, draw_html(encoded, frozenset(found["ends"]), title=title))
    tell("Wrote {path}.", path=picture)


def plan(config: FinetuneConfig, settings: Settings, memory_gb: float) -> dict[str, Any]:
    from ondol.assemble_training import plan_finetuning

    return plan_finetuning(config, settings=settings, memory_gb=memory_gb)
