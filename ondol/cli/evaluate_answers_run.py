"""`ondol evaluate answers`, behind its options: the parts are opened, asked and told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ondol.cli.output import print_json, tell
from ondol.errors import UsageError

if TYPE_CHECKING:
    from ondol.evaluate.answer_questions import AnswerQuestions
    from ondol.evaluate.answers import AnswerEvaluation
    from ondol.evaluate.answers_arms import AnswerArm
    from ondol.evaluate.passages import Passage
    from ondol.evaluate.replies_file import RepliesFile
    from ondol.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which questions, and where the results go."""

    questions: Path
    limit: int | None
    out: Path | None
    html: Path | None
    as_json: bool


def carry_out(
    settings: Settings, wanted: Wanted, arms: str | None, *, adapter: str | None, passage: str, max_tokens: int
) -> None:
    """Raises before anything is opened where the options do not fit each other."""
    from ondol.cli.evaluate import check_outputs, write_report
    from ondol.cli.evaluate_answers_table import print_answers
    from ondol.evaluate.answer_questions import read_answer_questions
    from ondol.evaluate.answers_page import write_answers_page
    from ondol.evaluate.answers_words import answers_notes
    from ondol.evaluate.passages import choose_passage, suit_questions

    out, html = wanted.out, wanted.html
    check_outputs({"--html": (html, (".html", ".htm")), "--out": (out, (".jsonl",))}, wanted.questions)
    how = How(adapter=None if adapter == "none" else adapter, passage=choose_passage(passage), max_tokens=max_tokens)
    chosen = choose_arms(arms, how.adapter)
    asked = suit_questions(read_answer_questions(wanted.questions, limit=wanted.limit), how.passage)
    evaluation = compare_answers(settings, asked, chosen, how, out=out)
    if html:
        write_report(html, write_answers_page(evaluation, about=_about(settings, how.adapter, chosen)))
    if not wanted.as_json:
        print_answers(evaluation)
    for path in filter(None, (out, html)):
        tell("Written: {path}", path=path)
    if wanted.as_json:
        for note in answers_notes(evaluation):
            tell("{words}", words=note)
        print_json({"model": settings.model, "adapter": how.adapter, **_told(evaluation)})


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

    from ondol.assemble import open_library, open_retriever
    from ondol.assemble_reading import open_default_reader
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
            reader = settings.reader if parts["reader"] else "none"
            asked |= {"passage": how.passage, "reader": reader, "writer": settings.writer}
            asked["threshold"] = parts["threshold"] = settings.threshold
        file = stack.enter_context(RepliesFile(out, asked))
        if file.resumed:
            tell("{count} replies are there already; going on.", count=file.resumed)
        for options, some in group_arms(settings, arms, how.adapter):
            _ask(settings, questions, some, file, {**parts, "options": options}, how, general=asked["general"])
        return summarise_answers(questions, [arm.name for arm in arms], file)


def group_arms(
    settings: Settings, arms: list[AnswerArm], adapter: str | None
) -> list[tuple[dict[str, Any], list[AnswerArm]]]:
    """Arms that one model can answer for, with the options that it is opened with."""
    from ondol.assemble_reading import answering_options

    groups: list[tuple[dict[str, Any], list[AnswerArm]]] = []
    for arm in arms:
        options: dict[str, Any] = {"adapter": adapter} if arm.tuned else {}
        options = answering_options(settings, **options) if arm.documents else options
        same = next((some for known, some in groups if known == options), None)
        if same is None:
            groups.append((options, [arm]))
        else:
            same.append(arm)
    return groups


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
    options = parts.pop("options")
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
