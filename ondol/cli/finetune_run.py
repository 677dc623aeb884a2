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
    from ondol.cli.finetune_shown import show_findings, show_plan, show_run, with_contract

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
    from ondol.finetune.data import SHOWN, DataSource, load_examples, load_source, split_examples
    from ondol.finetune.files import read_columns
    from ondol.finetune.lint import lint_examples

    tokenizer = _open_pictured(config, settings) if config.base != "–" else None
    if {"input_ids", "labels"} <= read_columns(config.data[0].path):
        return _lint_tokenised(config, tokenizer)
    examples, loaded = load_examples(config.data, system=config.system, seed=config.seed)
    if config.valid:  # a leak between the two is told, so it is not dropped here
        train, valid = examples, load_source(DataSource(path=config.valid), system=config.system).examples
    else:
        split = split_examples(examples, share=config.valid_share, seed=config.seed)
        train, valid = split.train, split.valid
    findings = lint_examples(
        train, valid, problems=[problem for part in loaded for problem in part.problems],
        max_tokens=config.max_tokens, valid_given=config.valid is not None,
        count_tokens=tokenizer.count if tokenizer else None,
    )  # fmt: skip
    found: dict[str, Any] = {
        "examples": len(train), "held_out": len(valid), "mapping": [part.mapping.told() for part in loaded],
        "findings": [finding.to_json() for finding in findings],
    }  # fmt: skip
    return found | (_draw(config, tokenizer, [*train, *valid][:SHOWN], picture) if tokenizer else {})


def _open_pictured(config: FinetuneConfig, settings: Settings) -> Any:
    from ondol.assemble import open_model_store
    from ondol.finetune import PICTURES
    from ondol.registry import resolve

    opened = resolve("ondol.finetune", PICTURES, "chat", what="kind of model to train")
    return opened(config, store=open_model_store(settings))


def _lint_tokenised(config: FinetuneConfig, tokenizer: Any) -> dict[str, Any]:
    from ondol.finetune.files import read_rows
    from ondol.finetune.lint_labels import lint_labelled

    if tokenizer is None:
        raise UsageError(
            "A tokenised set is read with its base's tokenizer, which knows the end of an answer.",
            hint="Name it: --base hf:FOLDER",
        )
    rows = [row for source in config.data for _, row in read_rows(source.path).rows]
    findings = lint_labelled(rows, pad=tokenizer.pad, ends=tokenizer.ends)
    return {"findings": [finding.to_json() for finding in findings]}


def _lint_scripts(scripts: Sequence[Path]) -> dict[str, Any]:
    from ondol.errors import NotFound
    from ondol.finetune.lint_script import lint_script

    findings = []
    for path in scripts:
        if not path.is_file():
            raise NotFound("There is no file {path}.", hint="Name a Python script or a notebook.", path=path)
        findings += lint_script(path.read_text(encoding="utf-8", errors="replace"), path.name)
    return {"findings": [finding.to_json() for finding in findings]}


def _draw(config: FinetuneConfig, tokenizer: Any, examples: Sequence[Any], picture: Path | None) -> dict[str, Any]:
    """The token picture of the first examples, with the base's own tokenizer."""
    from ondol.cli.output import write_new
    from ondol.finetune.picture import draw_html

    encoded = tokenizer.encode(examples, max_tokens=config.max_tokens)
    if picture:
        title = ", ".join(source.path.name for source in config.data)
        write_new(picture, draw_html(encoded, tokenizer.ends, title=title))
        tell("Wrote {path}.", path=picture)
    rows = [{"ids": row.ids, "labels": row.labels, "pieces": list(pieces)} for row, pieces in encoded]
    return {"pictures": rows, "ends": sorted(tokenizer.ends)}


def plan(config: FinetuneConfig, settings: Settings, memory_gb: float) -> dict[str, Any]:
    from ondol.assemble_training import plan_finetuning

    return plan_finetuning(config, settings=settings, memory_gb=memory_gb)
