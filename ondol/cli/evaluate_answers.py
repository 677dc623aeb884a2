"""`ondol evaluate answers`: the model alone, with the documents, with an adapter, and with both."""

from __future__ import annotations

from pathlib import Path

import typer

from ondol.cli.options import Adapter, Collection, Home, Json, Model, settings_of
from ondol.cli.retrieving import NoReader, ReadWith, Threshold, reader_of


def register(evaluate: typer.Typer) -> None:
    example = "Example:  ondol evaluate answers --questions q.jsonl --arms base,rag --out replies.jsonl --html out.html"
    evaluate.command("answers", epilog=example)(answers)


def answers(
    questions: Path = typer.Option(..., "--questions", help='JSONL of {"id","question","answers"} rows, or a table.'),
    arms: str = typer.Option(None, "--arms", help="Of base, rag, tuned, tuned+rag; tuned ones need --adapter."),
    model: Model = None,
    adapter: Adapter = None,
    limit: int = typer.Option(None, "--limit", min=1, help="Only the first questions."),
    passage: str = typer.Option(
        "found", "--passage", help="What the search has: found, or each question's own passage given or removed."
    ),
    reader: ReadWith = None, no_reader: NoReader = False, threshold: Threshold = None,
    max_tokens: int = typer.Option(128, "--max-tokens", min=1, help="Of an answer without documents."),
    out: Path = typer.Option(None, "--out", help="JSONL for every reply; the same call goes on with it."),
    html: Path = typer.Option(None, "--html", help="Write a page with plots and all answers: FILE.html."),
    as_json: Json = False,
    collection: Collection = None,
    home: Home = None,
) -> None:  # fmt: skip
    """Compare how a model answers by itself, from your documents, and with an adapter."""
    from ondol.cli import evaluate_answers_run as run

    settings = settings_of(
        collection=collection, home=home, model=model, threshold=threshold, **reader_of(reader, no_reader)
    )  # fmt: skip
    wanted = run.Wanted(questions=questions, limit=limit, out=out, html=html, as_json=as_json)
    run.carry_out(settings, wanted, arms, adapter=adapter, passage=passage, max_tokens=max_tokens)
