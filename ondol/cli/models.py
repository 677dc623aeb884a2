"""`ondol setup` and `ondol models …`: fetch, list, check and remove weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from ondol.cli.options import Home, Json, Offline, settings_of
from ondol.cli.output import print_json, say, size_text, tell

models = typer.Typer(help="Models on this machine.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    app.command()(setup)
    app.add_typer(models, name="models")


def setup(
    only: list[str] = typer.Option([], "--only", help="Just these models instead of the defaults."),
    as_json: Json = False,
    home: Home = None,
    offline: Offline = None,
) -> None:
    """Fetch the default models: embedder, reader and chat model."""
    from ondol.assemble import default_models, pull_model
    from ondol.cli.bars import Bars

    settings = settings_of(home=home, offline=offline)
    bars = Bars()
    _show([pull_model(name, settings=settings, progress=bars) for name in only or default_models()], as_json)


@models.command("list")
def list_(
    korean: bool = typer.Option(False, "--korean", help="Only those that know Korean."),
    fits: bool = typer.Option(False, "--fits", help="Only those that fit into this machine's memory."),
    chat: bool = typer.Option(False, "--chat", help="Only chat models."),
    embeddings: bool = typer.Option(False, "--embeddings", help="Only embedders."),
    reasoning: bool = typer.Option(False, "--reasoning", help="Only models that think before they answer."),
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Show what the catalogue offers and what is here."""
    from ondol.assemble import open_model_store
    from ondol.cli.models_choice import filter_models

    settings = settings_of(home=home)
    rows = open_model_store(settings).list_models()
    wanted = {"korean": korean, "fits": fits, "chat": chat, "embeddings": embeddings, "reasoning": reasoning}
    _show(filter_models(rows, settings, **wanted), as_json)


@models.command()
def pull(names: list[str], as_json: Json = False, home: Home = None, offline: Offline = None) -> None:
    """Fetch models by name."""
    from ondol.assemble import pull_model
    from ondol.cli.bars import Bars

    settings = settings_of(home=home, offline=offline)
    bars = Bars()
    _show([pull_model(name, settings=settings, progress=bars) for name in names], as_json)


@models.command()
def rm(names: list[str], as_json: Json = False, home: Home = None) -> None:
    """Remove models from this machine; `ondol models pull` fetches them again."""
    from ondol.assemble import open_model_store

    store = open_model_store(settings_of(home=home))
    _show([store.remove(name) for name in names], as_json)


@models.command()
def verify(names: list[str] = typer.Argument(None), as_json: Json = False, home: Home = None) -> None:
    """Check every byte of the models here against its SHA-256.

    The exit code is 1 when one is damaged.
    """
    from ondol.assemble import open_model_store

    rows = open_model_store(settings_of(home=home)).verify(names or [])
    _show(rows, as_json)
    if any(row["status"] == "damaged" for row in rows):
        raise typer.Exit(1)


@models.command()
def show(
    name: str = typer.Argument(help="A name, a path, ollama/NAME or owner/repo:QUANT."),
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Show a model's card: licence, languages, files with their SHA-256, window and chat template."""
    from ondol.assemble import open_model_store
    from ondol.cli.card import read_card

    card = read_card(open_model_store(settings_of(home=home)), name)
    if as_json:
        print_json(card)
        return
    for key, value in card.items():
        if key != "files" and value not in ("", 0, []):
            say("{key:<14} {value}", key=key, value=", ".join(value) if isinstance(value, list) else value)
    for file in card["files"]:
        say("{sha256}  {bytes:>12}  {name}", **file)


@models.command()
def find(as_json: Json = False) -> None:
    """Show models that Ollama, LM Studio and other programs already hold here, and the spec to use them by."""
    from dataclasses import asdict

    from ondol.model_store.find import find_models

    rows = [asdict(row) for row in find_models()]
    if as_json:
        print_json({"models": rows})
        return
    if not rows:
        tell("No other program's models were found.\n  → Fetch one with: ondol models pull NAME")
    for row in rows:
        say("{program:<10} {size:>8}  {name}\n    {spec}", **row, size=size_text(row["bytes"]))


def _show(rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json({"models": rows})
        return
    if not rows:
        tell("There are no models on this machine.\n  → Fetch the defaults with: ondol setup")
    widest = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        name, size = row["name"].ljust(widest), size_text(row["bytes"]) if row["bytes"] else "–"
        say(
            "{name}  {status:<8} {size:>8}  {license}",
            status=row["status"],
            license=row["license"],
            name=name,
            size=size,
        )
