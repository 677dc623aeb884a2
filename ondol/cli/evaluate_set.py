"""`ondol evaluate make-set`: questions drawn from one's own documents."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ondol.cli.options import Collection, Home, Json, Model, settings_of
from ondol.cli.output import print_json, say, tell, write_new
from ondol.errors import UsageError

if TYPE_CHECKING:
    from ondol.evaluate.candidates import Candidate


def register(evaluate: typer.Typer) -> None:
    evaluate.command("make-set", epilog="Example:  ondol evaluate make-set --out questions.jsonl -n 100")(make_set)


def make_set(
    out: Path = typer.Option(..., "--out", help="JSONL file to write; never one that is there already."),
    n: int = typer.Option(50, "-n", min=1, help="Questions wanted."),
    with_model: bool = typer.Option(False, "--with-model", help="Let the chat model write half of them."),
    model: Model = None,
    seed: int = typer.Option(13, "--seed", help="The same seed gives the same questions."),
    as_json: Json = False,
    collection: Collection = None,
    home: Home = None,
) -> None:
    """Draw questions from the documents of a collection, from headings, definitions and a model."""
    if out.exists() or not out.absolute().parent.is_dir():  # told now, not after an hour of questions
        raise UsageError(
            "{path} is there already." if out.exists() else "{path} cannot be a file.",
            hint="Choose another name." if out.exists() else "Make its folder, or name another one with --out.",
            path=out,
        )
    settings = settings_of(collection=collection, home=home, model=model)
    made = draw(settings, n=n, seed=seed, with_model=with_model or model is not None)
    rows = [row.to_json(f"q{number:04}") for number, row in enumerate(made, 1)]
    write_new(out, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    counts = dict(Counter(row["how"] for row in rows))
    if as_json:
        print_json({"path": str(out), "questions": len(rows), "how": counts, "wanted": n})
        return
    told = ", ".join(f"{how} {count}" for how, count in counts.items())
    say("{count} questions in {path} ({how}).", count=len(rows), path=out, how=told)
    if (with_model or model) and "model" not in counts:
        tell("The model wrote no question that could be used; a larger one may: --model SPEC")
    if len(rows) < n:
        tell("The documents offer no more than that.")
    say(
        "They favour words over meaning; strike out the odd ones, then: ondol evaluate retrieval --queries {path}",
        path=out,
    )


def draw(settings: Any, *, n: int, seed: int, with_model: bool) -> list[Candidate]:
    from contextlib import ExitStack

    from ondol.assemble import open_library, open_model
    from ondol.cli.bars import Bars
    from ondol.evaluate.make_set import MakeSetConfig, make_set

    config = MakeSetConfig(n=n, seed=seed)
    with ExitStack() as stack:
        library = stack.enter_context(open_library(settings=settings))
        chat: Any = open_model(settings.model, settings=settings) if with_model else None
        if chat is not None and hasattr(chat, "close"):
            stack.callback(chat.close)
        return make_set(library, config, model=chat, progress=Bars())
