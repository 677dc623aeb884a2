"""`ondol search`: the chunks nearest to a question."""

from __future__ import annotations

from typing import Any

import typer

from ondol.cli.batch import check_batch, run_batch
from ondol.cli.columns import terminal_width, wrap
from ondol.cli.options import Batch, Collection, Count, Embeddings, Home, Json, Mode, Out, settings_of
from ondol.cli.output import print_json, tell
from ondol.lang import translate

INDENT, LINES = "    ", 3


def register(app: typer.Typer) -> None:
    app.command(epilog='Example:  ondol search "when does it open?" -k 3')(search)


def search(
    question: str = typer.Argument(None, help="What to look for."),
    k: Count = 8,
    mode: Mode = "hybrid",
    batch: Batch = None,
    out: Out = None,
    as_json: Json = False,
    collection: Collection = None,
    home: Home = None,
    embeddings: Embeddings = None,
) -> None:
    """Find the passages that fit a question best."""
    check_batch(question, batch, out)
    from ondol.assemble import open_library
    from ondol.retrieve.config import RetrieveConfig
    from ondol.retrieve.search import search_library

    config = RetrieveConfig(k=k, mode=mode)
    settings = settings_of(collection=collection, home=home, embeddings=embeddings)
    with open_library(settings=settings) as library:
        if batch and out:
            run_batch(batch, out, lambda row: search_library(library, row, config).to_json())
            return
        found = search_library(library, question, config).to_json()
    if as_json:
        print_json(found)
        return
    if not found["hits"]:
        tell("Nothing was found: the collection is empty.")
    for hit in found["hits"]:
        _print_hit(hit)


def _print_hit(hit: dict[str, Any]) -> None:
    """Rank, score and place; the headings above the passage; its beginning."""
    where = translate("{source}, p. {page}", **hit) if hit["page"] else hit["source"]
    print(f"[{hit['rank']}] {hit['score']:.3f}  {where}")
    room, text = terminal_width() - len(INDENT), hit["text"].lstrip("# ")
    above = (
        hit["heading"].rpartition(" > ")[0] if text.startswith(hit["heading"].rpartition(" > ")[2]) else hit["heading"]
    )
    for line in [*wrap(above, room, lines=1), *wrap(text, room, lines=LINES)]:
        print(INDENT + line)
