"""`ondol evaluate …`: how good search is on questions of one's own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ondol.cli import evaluate_answers, evaluate_set
from ondol.cli.options import Collection, Home, Json, settings_of
from ondol.cli.output import print_json, tell
from ondol.errors import BackendError, UsageError

if TYPE_CHECKING:
    from ondol.evaluate.retrieval import Evaluation
    from ondol.library.library import Library

evaluate = typer.Typer(
    help="Measure search and answers on questions of your own.", no_args_is_help=True, rich_markup_mode=None
)


def register(app: typer.Typer) -> None:
    app.add_typer(evaluate, name="evaluate")
    evaluate_set.register(evaluate)
    evaluate_answers.register(evaluate)


@evaluate.command(epilog="Example:  ondol evaluate retrieval --queries q.jsonl --compare dense,hybrid --html out.html")
def retrieval(
    queries: Path = typer.Option(..., "--queries", help="Questions: JSONL, BEIR's queries.jsonl, or a table."),
    qrels: Path = typer.Option(None, "--qrels", help="Which documents answer them: JSONL, BEIR's TSV or TREC."),
    compare: str = typer.Option(None, "--compare", help="Settings, such as dense,hybrid,hybrid+rerank."),
    k: int = typer.Option(10, "-k", min=1, max=100, help="Documents that are looked at."),
    reranker: str = typer.Option(None, "--reranker", help="Model for +rerank, such as onnx:FOLDER."),
    per_query: Path = typer.Option(None, "--per-query", help="Write every question's row: FILE.tsv or FILE.jsonl."),
    html: Path = typer.Option(None, "--html", help="Write a page with plots: FILE.html."),
    as_json: Json = False,
    collection: Collection = None,
    home: Home = None,
) -> None:
    """Measure how well questions find the documents that answer them."""
    from ondol.cli.evaluate_table import print_evaluation
    from ondol.evaluate.words import notes

    check_outputs({"--html": (html, (".html", ".htm")), "--per-query": (per_query, (".tsv", ".jsonl"))}, queries, qrels)
    settings = settings_of(collection=collection, home=home, reranker=reranker)
    evaluation = measure(settings, queries, qrels, compare, k=k, per_query=per_query, html=html)
    if not as_json:
        print_evaluation(evaluation, settings.collection)
    for note in notes(evaluation) if as_json else ():
        tell(note)
    for path in filter(None, (per_query, html)):
        tell("Written: {path}", path=path)
    if as_json:
        print_json(evaluation.to_json(queries=per_query is not None))


def measure(
    settings: Any, queries: Path, qrels: Path | None, compare: str | None, *, k: int, per_query: Path | None,
    html: Path | None,
) -> Evaluation:  # fmt: skip
    """Open the parts, run, and write the files that were asked for."""
    from contextlib import ExitStack

    from ondol.assemble import open_library, open_reranker
    from ondol.cli.bars import Bars
    from ondol.evaluate.arms import make_search, parse_arms
    from ondol.evaluate.qrels import known_names, read_set
    from ondol.evaluate.retrieval import EvaluationConfig, depth_of, run_evaluation
    from ondol.retrieve.config import RetrieveConfig

    config, arms = EvaluationConfig(k=k), parse_arms(compare or RetrieveConfig().mode)
    named = settings.reranker not in ("", "none") and any(arm.rerank for arm in arms)
    with ExitStack() as stack:
        library = stack.enter_context(open_library(settings=settings))
        sources = library.source_rows()
        questions = read_set(queries, qrels, known_names(sources))
        reranker = stack.enter_context(open_reranker(settings.reranker, settings=settings)) if named else None
        searches = {arm.name: make_search(library, arm, k=depth_of(config), reranker=reranker) for arm in arms}
        evaluation = run_evaluation(questions, searches, config=config, progress=Bars())
        if per_query:
            write_report(per_query, _rows_text(evaluation, per_query))
        if html:
            write_report(html, _page_text(evaluation, library, sources))
    return evaluation


def _rows_text(evaluation: Evaluation, path: Path) -> str:
    from ondol.evaluate.per_query import write_jsonl, write_tsv

    return write_tsv(evaluation) if path.suffix == ".tsv" else write_jsonl(evaluation)


def _page_text(evaluation: Evaluation, library: Library, sources: list[dict[str, Any]]) -> str:
    import importlib.metadata
    from datetime import datetime

    from ondol.evaluate.page import write_page

    state = library.state()
    about = {
        "Collection": state["collection"],
        "Sources": f"{state['sources']:,}",
        "Chunks": f"{state['chunks']:,}",
        "Embedder": state["embeddings"],
        "ondol": importlib.metadata.version("ondol"),
        "Date": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
    }
    return write_page(evaluation, about=about, titles={row["document_id"]: _title(row) for row in sources})


def _title(row: Mapping[str, Any]) -> str:
    """What people know a source by: its title, and its name where that says something else."""
    name = row["document_id"] if row["format"] == "record" else Path(row["source"]).name
    return name if not row["title"] or row["title"] == name else f"{row['title']} ({name})"


def check_outputs(outputs: Mapping[str, tuple[Path | None, tuple[str, ...]]], *inputs: Path | None) -> None:
    """Raises UsageError now, not after an hour of questions."""
    for option, (path, endings) in outputs.items():
        if path is None:
            continue
        if path.suffix.lower() not in endings:
            raise UsageError(
                "{path} must end in {endings}.", hint="Give another name with {option}.", path=path,
                endings=" / ".join(endings), option=option,
            )  # fmt: skip
        if path.is_dir() or not os.access(path.absolute().parent, os.W_OK):
            raise UsageError(
                "{path} cannot be a file.", hint="Make its folder, or give another name with {option}.", path=path,
                option=option,
            )  # fmt: skip
        if any(path.absolute() == given.absolute() for given in inputs if given):
            raise UsageError(
                "{path} is a file of questions or judgements.", hint="Give another name with {option}.", path=path,
                option=option,
            )  # fmt: skip


def write_report(path: Path, text: str) -> None:
    """Write a report whole, also over the one of the last run."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8", errors="replace")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise BackendError(
            "{path} cannot be written: {reason}.", hint="Check its folder and the disk.", path=path,
            reason=error.strerror,
        ) from error  # fmt: skip
