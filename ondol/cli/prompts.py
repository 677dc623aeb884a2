"""`ondol prompts`: what models are told, by name and version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import typer

from ondol.cli.options import Home, Json, Model, settings_of
from ondol.cli.output import print_json, tell
from ondol.errors import UsageError

if TYPE_CHECKING:
    from ondol.prompts.load import Prompts
    from ondol.prompts.prompt import Prompt
    from ondol.settings import Settings

prompts = typer.Typer(help="What models are told: ours and your own.", rich_markup_mode=None, no_args_is_help=True)
TEST = (
    "Example:  ondol prompts test summarise --inputs texts.jsonl --models llama.cpp:gemma-3-270m,fake: --versions 1,2"
)


def register(app: typer.Typer) -> None:
    app.add_typer(prompts, name="prompts")


@prompts.command("list")
def list_(as_json: Json = False, home: Home = None) -> None:
    """Every prompt; yours stand in ./prompts, or in prompts of the home, and win over ours."""
    from ondol.cli.columns import pad

    rows = list(_open(settings_of(home=home)).rows())
    if as_json:
        print_json({"prompts": rows})
        return
    for row in rows:
        cells = (row["name"], str(row.get("version", "")), row.get("language", ""), row["origin"])
        print("".join(pad(f"{cell} ", width) for cell, width in zip(cells, (22, 4, 4, 7), strict=True)), end="")
        print(row.get("problem") or row["about"])


@prompts.command()
def show(
    name: str = typer.Argument(help="Of the prompt."),
    language: str = typer.Option(None, "--language", help="en or ko."),
    version: int = typer.Option(None, "--version", help="Else the newest one."),
    as_json: Json = False,
    home: Home = None,
) -> None:
    """The text of a prompt, as it stands in its file."""
    prompt = _open(settings_of(home=home)).load(name, language=_language(language), version=version)
    if as_json:
        print_json({**prompt.label, "about": prompt.about, **_parts(prompt)})
    else:
        print(Path(prompt.source).read_text(encoding="utf-8-sig"), end="")
        tell("{path}", path=prompt.source)


@prompts.command("test", epilog=TEST)
def try_(
    name: str = typer.Argument(help="Of the prompt."),
    inputs: Path = typer.Option(..., "--inputs", help="JSONL or CSV: a value for each variable in every row."),
    models: str = typer.Option(None, "--models", help="Several, with commas between them."),
    versions: str = typer.Option(None, "--versions", help="Such as 1,2; else the newest one."),
    language: str = typer.Option(None, "--language", help="en or ko; else that of each row."),
    model: Model = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """What models write to a prompt, side by side."""
    from ondol.cli.prompts_table import print_table

    settings = settings_of(home=home, model=model)
    specs = [spec.strip() for spec in (models or settings.model).split(",") if spec.strip()]
    rows = _try(settings, name, inputs, specs, _numbers(versions), _language(language))
    print_json({"prompt": name, "models": specs, "rows": rows}) if as_json else print_table(rows)


def _try(
    settings: Settings, name: str, inputs: Path, specs: list[str], versions: list[int],
    language: Literal["en", "ko"] | None,
) -> list[dict[str, Any]]:  # fmt: skip
    """One model is open at a time."""
    from ondol.assemble import open_model
    from ondol.chains.try_prompt import choose_versions, read_values, try_prompts
    from ondol.cli.bars import Bars

    found = _open(settings)
    asked = [(values, choose_versions(found, name, values, versions, language)) for values in read_values(inputs)]
    made: list[dict[str, Any]] = [{"inputs": values, "replies": []} for values, _ in asked]
    bars = Bars()
    for spec in specs:
        with open_model(spec, settings=settings) as chat:  # type: ignore[attr-defined]
            bars.begin("Asking", sum(len(chosen) for _, chosen in asked), "prompts")
            for place, reply in try_prompts(chat, asked):
                made[place]["replies"].append({"model": spec, **reply})
                bars.advance(1)
            bars.end()
    return made


def _open(settings: Settings) -> Prompts:
    from ondol.prompts.load import open_prompts

    return open_prompts(settings.home)


def _parts(prompt: Prompt) -> dict[str, Any]:
    return {
        "variables": list(prompt.variables), "model": dict(prompt.settings), "path": prompt.source,
        "parts": [{"role": role, "text": text} for role, text in prompt.parts], "completion": prompt.completion,
        "examples": list(prompt.examples),
    }  # fmt: skip


def _language(given: str | None) -> Literal["en", "ko"] | None:
    if given not in (None, "en", "ko"):
        raise UsageError("'{given}' is no language of a prompt.", hint="Known: en, ko.", given=given)
    return cast("Literal['en', 'ko'] | None", given)


def _numbers(given: str | None) -> list[int]:
    try:
        return [int(part) for part in (given or "").split(",") if part.strip()]
    except ValueError as error:
        raise UsageError("'{given}' are no versions.", hint="Such as: --versions 1,2", given=given) from error
