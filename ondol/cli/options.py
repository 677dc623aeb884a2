"""Options that many commands share, and the settings they give."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ondol.errors import UsageError
from ondol.settings import Settings, load_settings

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value to stdout.")]
Home = Annotated[Path | None, typer.Option("--home", help="Folder for models and collections [ONDOL_HOME].")]
Collection = Annotated[str | None, typer.Option("--collection", "-c", help="Library to use; default main.")]
Embeddings = Annotated[str | None, typer.Option("--embeddings", help="Embedder, such as onnx:multilingual-e5-small.")]
Model = Annotated[str | None, typer.Option("--model", "-m", help="Chat model, such as llama.cpp:gemma-3-270m.")]
Context = Annotated[int | None, typer.Option("--context", min=1, help="Tokens the chat model holds; default 4096.")]
Device = Annotated[str | None, typer.Option("--device", help="Where the chat model runs: cpu, cuda or mps.")]
Adapter = Annotated[
    str | None, typer.Option("--adapter", help="Name of a run; or a .gguf for llama.cpp:, PEFT's folder for hf:.")
]
Option = Annotated[
    list[str] | None, typer.Option("--option", "-o", metavar="NAME=VALUE", help="Of the model, such as top_p=0.9.")
]
Dtype = Annotated[str | None, typer.Option("--dtype", help="Numbers of hf: models, such as bfloat16 or int4.")]
ShowThinking = Annotated[bool, typer.Option("--show-thinking", help="Show what a reasoning model thinks.")]
Store = Annotated[str | None, typer.Option("--store", help="Vector store of a new collection: faiss or memory.")]
Count = Annotated[int, typer.Option("-k", min=1, max=200, help="How many hits.")]
Mode = Annotated[str, typer.Option("--mode", help="How to search: hybrid, dense or lexical.")]
Batch = Annotated[Path | None, typer.Option("--batch", help='JSONL file of {"id", "question"} rows.')]
Out = Annotated[Path | None, typer.Option("--out", help="JSONL file for the results of --batch.")]
Offline = Annotated[bool | None, typer.Option("--offline", help="Refuse every network call [ONDOL_OFFLINE].")]


def settings_of(**arguments: object) -> Settings:
    """Settings with the options that were given on top."""
    return load_settings(**arguments)


def model_options(adapter: str | None, given: list[str] | None) -> dict[str, Any]:
    """What `--adapter` and `-o NAME=VALUE` say to `open_model`; a value is read as JSON where it is JSON.

    Raises:
        UsageError: there is no `=`.
    """
    options: dict[str, Any] = {"adapter": "" if adapter == "none" else adapter} if adapter else {}
    for row in given or []:
        name, sign, value = row.partition("=")
        if not sign or not name.strip():
            raise UsageError(
                "'{row}' is no option: it is written NAME=VALUE.", hint="Such as: -o kv_type=q8_0", row=row
            )
        try:
            options[name.strip()] = json.loads(value)
        except ValueError:
            options[name.strip()] = value
    return options
