"""`ondol adapters`: what was taught, and how it goes elsewhere and comes back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ondol.cli.options import Home, Json, settings_of
from ondol.cli.output import print_json, say, tell

if TYPE_CHECKING:
    from ondol.settings import Settings

LOST = "They are far apart: few bits round the adapter's small changes away. Take --dtype q8_0 or the adapter alone."
FAR = 0.3
"""Nats a token from which on what was written says something else: q8_0 is 0.01 away, q4_0 was 2.3."""
adapters = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="What was taught: list, merge, export, import."
)


def register(app: typer.Typer) -> None:
    app.add_typer(adapters, name="adapters")


@adapters.command("list")
def list_adapters(as_json: Json = False, home: Home = None) -> None:
    """Every run with its base, its method and what the held-out part said."""
    from ondol.cli.columns import pad
    from ondol.finetune.folder import list_runs

    rows = list_runs(settings_of(home=home).home)
    if as_json:
        print_json({"adapters": rows})
        return
    for row in rows:
        nats = "–" if row.get("valid_nll") is None else f"{row['base_valid_nll']:.3f} → {row['valid_nll']:.3f}"
        cells = (row["name"], row.get("method", ""), row.get("status", ""), nats)
        print("".join(pad(f"{cell} ", width) for cell, width in zip(cells, (24, 9, 10, 18), strict=True)), end="")
        print(row.get("base", row.get("problem", "")))
    if not rows:
        tell("There is no adapter yet. Make one: ondol finetune DATA --base MODEL --name NAME")


@adapters.command("rm")
def remove(name: str = typer.Argument(help="Of the run."), as_json: Json = False, home: Home = None) -> None:
    """Remove a run with its adapter, finished or not."""
    from ondol.finetune.adapters import remove_adapter

    row = remove_adapter(settings_of(home=home).home, name)
    print_json(row) if as_json else say("Removed the adapter '{name}'.", name=name)


@adapters.command("merge")
def merge(
    name: str = typer.Argument(help="Of the run."),
    to: Path = typer.Option(..., "--to", help="Folder for the merged model, in transformers' form."),
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Add a LoRA to its base's weights, in float32, and compare what both say."""
    _export(settings_of(home=home), name, to.expanduser(), whole=True, dtype="f16", ollama=False, as_json=as_json)


@adapters.command("export")
def export(
    name: str = typer.Argument(help="Of the run."),
    to: Path = typer.Option(..., "--to", help="FILE.gguf for llama.cpp, or a folder for PEFT."),
    merged: bool = typer.Option(False, "--merged", help="The whole model with the adapter in it."),
    dtype: str = typer.Option("f16", "--dtype", help="Of a whole GGUF: f32, f16, bf16, q8_0 or q4_0."),
    ollama: bool = typer.Option(False, "--ollama", help="Write a Modelfile for Ollama beside it."),
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Write an adapter for another program, and compare what both say."""
    _export(settings_of(home=home), name, to.expanduser(), whole=merged, dtype=dtype, ollama=ollama, as_json=as_json)


@adapters.command("import")
def import_(
    source: str = typer.Argument(help="A PEFT folder, or the id of a repository on the hub."),
    name: str = typer.Option(..., "--name", help="What it is called here."),
    base: str = typer.Option("", "--base", help="Spec of its base, where the adapter does not say it."),
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Bring in a LoRA or prefix that PEFT has saved."""
    from ondol.assemble_training import find_adapter_folder
    from ondol.finetune.adapters import import_adapter

    settings = settings_of(home=home)
    row = import_adapter(settings.home, find_adapter_folder(source, settings=settings), name, base=base)
    print_json(row) if as_json else say("The adapter '{name}' belongs to {base}.", name=name, base=row["base"])


def _export(settings: Settings, name: str, to: Path, *, whole: bool, dtype: str, ollama: bool, as_json: bool) -> None:
    from ondol.assemble_training import export_finetuned

    row: dict[str, Any] = export_finetuned(name, to, settings=settings, whole=whole, dtype=dtype, ollama=ollama)
    if as_json:
        print_json(row)
        return
    say("Wrote {path}.", path=row["path"])
    if row["modelfile"]:
        say("Wrote {path}.", path=row["modelfile"])
    parity = row["parity"]
    say("Parity: {equal} of {prompts} answers are the same; {nats:.4f} nats a token apart.", **parity)
    if parity["nats"] > FAR:
        tell(LOST)
