"""`ondol search`: the chunks nearest to a question."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import typer

from ondol.cli.batch import check_batch, run_batch
from ondol.cli.columns import terminal_width, wrap
from ondol.cli.explain import print_dropped, print_terms, side_line
from ondol.cli.filter_options import InLanguage, InSource, Since, Tagged, Titled, Until
from ondol.cli.options import Batch, Collection, Count, Embeddings, Home, Json, Mode, Out, settings_of
from ondol.cli.output import print_json, tell
from ondol.cli.retrieving import Around, Diversity, RerankWith, Section, config_of, open_retriever
from ondol.lang import translate
from ondol.library.places import show_place

INDENT, LINES = "    ", 3
EMPTY = "Nothing was found: the collection is empty."
NOTHING = {
    "dense": EMPTY,
    "hybrid": EMPTY,
    "lexical": "Nothing was found: no passage has a word of the question.",
    "filtered": "Nothing was found in the sources that fit.",
}


def register(app: typer.Typer) -> None:
    app.command(epilog='Example:  ondol search "when does it open?" -k 3  ·  ondol search "제56조" --explain')(search)


def search(
    question: str = typer.Argument(None, help="What to look for; passages with what stands in quotes come first."),
    k: Count = 8,
    mode: Mode = "hybrid",
    explain: bool = typer.Option(
        False, "--explain", help="Show the analysed words, each side's score, what is left out."
    ),
    source: InSource = None, title: Titled = None, language: InLanguage = None,
    since: Since = None, until: Until = None, tag: Tagged = None,
    diversity: Diversity = 0.0, around: Around = 0, section: Section = False, reranker: RerankWith = None,
    batch: Batch = None,
    out: Out = None,
    as_json: Json = False,
    collection: Collection = None,
    home: Home = None,
    embeddings: Embeddings = None,
) -> None:  # fmt: skip
    """Find the passages that fit a question best."""
    check_batch(question, batch, out)
    settings = settings_of(collection=collection, home=home, embeddings=embeddings, reranker=reranker)
    config = config_of(
        k=k, mode=mode, diversity=diversity, around=around, section=section, rerank_ms=settings.rerank_ms,
        source=source, title=title, language=language, since=since, until=until, tag=tag,
    )  # fmt: skip
    with ExitStack() as stack:
        retriever = open_retriever(stack, settings, config)
        if batch and out:
            run_batch(batch, out, lambda row: retriever.search(row).to_json(explain=explain))
            return
        found = retriever.search(question).to_json(explain=explain)
    if as_json:
        print_json(found)
    else:
        _print_found(found, filtered=config.filter is not None)


def _print_found(found: dict[str, Any], *, filtered: bool) -> None:
    explained = found.get("explain", {})
    print_terms(explained)
    if not found["hits"]:
        tell(NOTHING[found["mode"] if not filtered else "filtered"])
    for hit in found["hits"]:
        _print_hit(hit, explain=bool(explained))
    print_dropped(explained)


def _print_hit(hit: dict[str, Any], *, explain: bool) -> None:
    """Rank, score and place; the headings above the passage; its beginning."""
    print(f"[{hit['rank']}] {hit['score']:.3f}  {show_place(hit)}")
    room, text = terminal_width() - len(INDENT), hit["text"].lstrip("# ")
    if explain:
        print("\n".join(INDENT + line for line in wrap(side_line(hit), room, lines=LINES)))
    above = (
        hit["heading"].rpartition(" > ")[0] if text.startswith(hit["heading"].rpartition(" > ")[2]) else hit["heading"]
    )
    for line in [*wrap(above, room, lines=1), *wrap(text, room, lines=LINES)]:
        print(INDENT + line)
    for other in hit.get("duplicates", []):
        print(INDENT + translate("also in {place}", place=show_place(other)))
