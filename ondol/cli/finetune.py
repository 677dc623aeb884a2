"""`ondol finetune`: teach a model from examples, and see first whether it can work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ondol.cli.options import Device, Dtype, Home, Json, settings_of

Given = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Any other setting of a run.")]
Map = Annotated[
    list[str] | None, typer.Option("--map", metavar="ROLE=COLUMN", help="Such as question=질문 or answer={term}.")
]
EPILOG = "For example: ondol finetune food.csv --base llama.cpp:gemma-3-270m --name food"


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(finetune)


def finetune(
    data: list[str] = typer.Argument(help="CSV, TSV, JSONL, JSON, Parquet, text (FILE@2 counts twice), or a run.toml."),
    base: str = typer.Option(None, "--base", help="What is taught, such as llama.cpp:gemma-3-270m or hf:FOLDER."),
    method: str = typer.Option(None, "--method", help="lora (default), full, prefix or qlora."),
    kind: str = typer.Option(None, "--kind", help="chat (default), embedder, classifier or span."),
    name: str = typer.Option(None, "--name", help="Of the adapter that is made."),
    columns: Map = None,
    valid: Path = typer.Option(None, "--valid", help="A file that is held out; else a tenth of the questions."),
    system: str = typer.Option(None, "--system", help="What the model is told about its role in every example."),
    epochs: float = typer.Option(None, "--epochs", help="How often each example is seen; default 3."),
    batch: int = typer.Option(None, "--batch", help="Examples a step; default 8."),
    accumulate: int = typer.Option(None, "--accumulate", help="Batches before the weights change; default 1."),
    rate: float = typer.Option(None, "--rate", help="Learning rate; default by method."),
    rank: int = typer.Option(None, "--rank", help="Of a LoRA; default 16."),
    max_tokens: int = typer.Option(None, "--max-tokens", help="Longest example; default 1024."),
    checkpointing: bool = typer.Option(None, "--checkpointing/--no-checkpointing", help="Less memory, more time."),
    seed: int = typer.Option(None, "--seed", help="The same seed gives the same weights; default 13."),
    given: Given = None,
    lint: bool = typer.Option(False, "--lint", help="Only say what is wrong with the data, and show what is learnt."),
    plan: bool = typer.Option(False, "--plan", help="Only say what memory and time it takes."),
    memory: float = typer.Option(0, "--memory", min=0, help="With --plan: for a machine with so many GB."),
    launch: int = typer.Option(0, "--launch", min=0, help="Train in so many processes, through Accelerate."),
    picture: Path = typer.Option(None, "--picture", metavar="FILE.html", help="With --lint: the token picture."),
    as_json: Json = False,
    home: Home = None,
    device: Device = None,
    dtype: Dtype = None,
) -> None:
    """Teach a model from examples, or look at them first."""
    from ondol.cli import finetune_run as run

    values = {
        "base": base, "method": method, "kind": kind, "name": name, "valid": valid, "system": system, "epochs": epochs,
        "batch": batch, "accumulate": accumulate, "rate": rate, "rank": rank, "max_tokens": max_tokens,
        "checkpointing": checkpointing, "seed": seed, "device": device, "dtype": dtype,
    }  # fmt: skip
    config = run.gather(data, columns, given, values, named=not (lint or plan))
    look = run.Look(lint=lint, plan=plan, memory_gb=memory, picture=picture, launch=launch, as_json=as_json)
    run.carry_out(config, settings_of(home=home, device=device, dtype=dtype), look, data)
