"""`ondol evaluate answers`: the model alone, with the documents, with an adapter, and with both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ondol.cli.options import Adapter, Collection, Home, Json, Model, settings_of
from ondol.cli.output import print_json, tell
from ondol.cli.retrieving import NoReader, ReadWith, reader_of
from ondol.errors import UsageError

if TYPE_CHECKING:
    from ondol.evaluate.answer_questions import AnswerQuestions
    from ondol.evaluate.answers import AnswerEvaluation
    from ondol.evaluate.answers_arms import AnswerArm
    from ondol.evaluate.passages import Passage
    from ondol.evaluate.replies_file import RepliesFile
    from ondol.settings import Settings


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
    reader: ReadWith = None, no_reader: NoReader = False,
    max_tokens: int = typer.Option(128, "--max-tokens", min=1, help="Of an answer without documents."),
    out: Path = typer.Option(None, "--out", help="JSONL for every reply; the same call goes on with it."),
    html: Path = typer.Option(None, "--html", help="Write a page with plots and all answers: FILE.html."),
    as_json: Json = False,
    collection: Collection = None,
    home: Home = None,
) -> None:  # fmt: skip
    """Compare how a model answers by itself, from your documents, and with an adapter."""
    from ondol.cli.evaluate import check_outputs, write_report
    from ondol.cli.evaluate_answers_table import print_answers
    from ondol.evaluate.answer_questions import read_answer_questions
    from ondol.evaluate.answers_page import write_answers_page
    from ondol.evaluate.answers_words import answers_notes
    from ondol.evaluate.passages import choose_passage, suit_questions

    check_outputs({"--html": (html, (".html", ".htm")), "--out": (out, (".jsonl",))}, questions)
    adapter = None if adapter == "none" else adapter
    chosen = choose_arms(arms, adapter)
    settings = settings_of(collection=collection, home=home, model=model, reader=reader_of(reader, no_reader))
    how = How(adapter=adapter, passage=choose_passage(passage), max_tokens=max_tokens)
    asked = suit_questions(read_answer_questions(questions, limit=limit), how.passage)
    evaluation = compare_answers(settings, asked, chosen, how, out=out)
    if html:
        write_report(html, write_answers_page(evaluation, about=_about(settings, adapter, chosen)))
    if not as_json:
        print_answers(evaluation)
    for path in filter(None, (out, html)):
        tell("Written: {path}", path=path)
    if as_json:
        for note in answers_notes(evaluation):
            tell("{words}", words=note)
        print_json({"model": settings.model, "adapter": adapter, **_told(evaluation)})


def choose_arms(text: str | None, adapter: str | None) -> list[AnswerArm]:
    """Raises UsageError where a tuned arm has no adapter, or an adapter no tuned arm."""
    from ondol.evaluate.answers_arms import ARMS, parse_answer_arms

    chosen = parse_answer_arms(text or (",".join(ARMS) if adapter else "base,rag"))
    tuned = next((arm.name for arm in chosen if arm.tuned), "")
    if tuned and not adapter:
        raise UsageError("The arm '{name}' needs an adapter.", hint="Name it with --adapter NAME.", name=tuned)
    if adapter and not tuned:
        raise UsageError("No arm uses the adapter.", hint="Add one: --arms base,tuned")
    return chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """What is the same for all arms."""

    adapter: str | None
    passage: Passage
    max_tokens: int


def compare_answers(
    settings: Settings, questions: AnswerQuestions, arms: list[AnswerArm], how: How, *, out: Path | None
) -> AnswerEvaluation:
    """Open the parts, one model at a time, and ask."""
    from contextlib import ExitStack

    from ondol.assemble import open_default_reader, open_library, open_retriever
    from ondol.cli.bars import Bars
    from ondol.evaluate.answers import summarise_answers
    from ondol.evaluate.replies_file import RepliesFile

    asked: dict[str, Any] = {
        "model": settings.model, "adapter": how.adapter, "weights": _weights(settings.home, how.adapter),
        "arms": [arm.name for arm in arms], "max_tokens": how.max_tokens, "questions": questions.digest(),
        "general": any(arm.name == "tuned" for arm in arms),
    }  # fmt: skip
    with ExitStack() as stack:
        parts: dict[str, Any] = {}
        if any(arm.documents for arm in arms):
            library = stack.enter_context(open_library(settings=settings))
            asked["collection"] = {
                name: library.state()[name] for name in ("collection", "sources", "chunks", "embeddings")
            }
            parts["retriever"] = open_retriever(library, settings=settings)
            stack.callback(parts["retriever"].close)
            parts["reader"] = open_default_reader(settings, Bars())
            asked |= {"passage": how.passage, "reader": settings.reader if parts["reader"] else "none"}
        file = stack.enter_context(RepliesFile(out, asked))
        if file.resumed:
            tell("{count} replies are there already; going on.", count=file.resumed)
        for tuned in (False, True):
            some = [arm for arm in arms if arm.tuned == tuned]
            if some:
                _ask(settings, questions, some, file, parts, how, general=asked["general"])
        return summarise_answers(questions, [arm.name for arm in arms], file)


def _ask(
    settings: Settings, questions: AnswerQuestions, arms: list[AnswerArm], file: RepliesFile, parts: dict[str, Any],
    how: How, *, general: bool,
) -> None:  # fmt: skip
    """Nothing is opened where every reply is there already."""
    from ondol.assemble import open_model
    from ondol.cli.bars import Bars
    from ondol.evaluate.answers import collect_replies
    from ondol.evaluate.answers_arms import make_asker
    from ondol.evaluate.forgetting import general_texts, measure_general

    measured = [arm.name for arm in arms if general and not arm.documents]
    asked = [(arm.name, row.id) for arm in arms for row in questions.rows]
    texts = [(arm, name) for arm in measured for name in general_texts()]
    if file.replies.keys() >= set(asked) and file.general.keys() >= set(texts):
        return
    options = {"adapter": how.adapter} if arms[0].tuned else {}
    model: Any = open_model(settings.model, settings=settings, **options)
    more: dict[str, Any] = {**parts, "passage": how.passage, "max_tokens": how.max_tokens}
    try:
        askers = {arm.name: make_asker(arm, model, **more) for arm in arms}
        collect_replies(questions.rows, askers, file, progress=Bars())
        for arm in measured:
            measure_general(arm, model, file, Bars())
    finally:
        if hasattr(model, "close"):
            model.close()


def _weights(home: Path, adapter: str | None) -> list[list[Any]]:
    """Name, size and time of the adapter's weights: one that was trained anew under its name is another one.

    Raises:
        NotFound: there is no such adapter; told now, not after an hour of the base's answers.
    """
    from ondol.finetune.folder import find_run

    if not adapter:
        return []
    given = Path(adapter).expanduser()
    path = given if given.exists() or "/" in adapter else find_run(home, adapter)
    found = [path] if path.is_file() else [*path.rglob("*.safetensors")] or [*path.rglob("*.gguf")]
    return sorted([file.name, file.stat().st_size, file.stat().st_mtime_ns] for file in found)


def _about(settings: Settings, adapter: str | None, arms: list[AnswerArm]) -> dict[str, str]:
    import importlib.metadata
    from datetime import datetime

    return {
        "Model": settings.model,
        **({"Adapter": adapter} if adapter else {}),
        **({"Collection": settings.collection} if any(arm.documents for arm in arms) else {}),
        "ondol": importlib.metadata.version("ondol"),
        "Date": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
    }


def _told(evaluation: AnswerEvaluation) -> dict[str, Any]:
    """The figures, with the sentences about them."""
    from ondol.evaluate.answers_words import answers_verdict

    told = evaluation.to_json()
    sentences = {(pair.a, pair.b, pair.language, pair.metric): answers_verdict(pair) for pair in evaluation.main_pairs}
    for row in told["pairs"]:
        row["sentence"] = sentences.get((row["a"], row["b"], row["language"], row["metric"]))
    return told
