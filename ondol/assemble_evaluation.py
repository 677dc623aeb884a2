"""Settings → an evaluation of answers: the parts are opened, one model at a time, and asked."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ondol.assemble import open_library, open_model, open_retriever
from ondol.assemble_reading import answering_options, open_default_reader
from ondol.errors import UsageError
from ondol.lang import translate
from ondol.progress import Progress, Silent
from ondol.settings import Settings

if TYPE_CHECKING:
    from ondol.evaluate.answer_questions import AnswerQuestions
    from ondol.evaluate.answers import AnswerEvaluation
    from ondol.evaluate.answers_arms import AnswerArm
    from ondol.evaluate.passages import Passage
    from ondol.evaluate.replies_file import RepliesFile


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
    settings: Settings, questions: AnswerQuestions, arms: list[AnswerArm], how: How, *, out: Path | None,
    progress: Progress | None = None,
) -> AnswerEvaluation:  # fmt: skip
    """Open the parts, one model at a time, and ask.

    Args:
        out: JSONL for every reply; the same call goes on with it.
    """
    from ondol.evaluate.answers import summarise_answers
    from ondol.evaluate.replies_file import RepliesFile

    progress = progress or Silent()
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
            parts["reader"] = open_default_reader(settings, progress)
            reader = settings.reader if parts["reader"] else "none"
            asked |= {"passage": how.passage, "reader": reader, "writer": settings.writer}
            asked["threshold"] = parts["threshold"] = settings.threshold
        file = stack.enter_context(RepliesFile(out, asked))
        if file.resumed:
            progress.note(translate("{count} replies are there already; going on.", count=file.resumed))
        for options, some in group_arms(settings, arms, how.adapter):
            opened = {**parts, "options": options, "progress": progress}
            _ask(settings, questions, some, file, opened, how, general=asked["general"])
        return summarise_answers(questions, [arm.name for arm in arms], file)


def group_arms(
    settings: Settings, arms: list[AnswerArm], adapter: str | None
) -> list[tuple[dict[str, Any], list[AnswerArm]]]:
    """Arms that one model can answer for, with the options that it is opened with."""
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
    from ondol.evaluate.answers import collect_replies
    from ondol.evaluate.answers_arms import make_asker
    from ondol.evaluate.forgetting import general_texts, measure_general

    measured = [arm.name for arm in arms if general and not arm.documents]
    asked = [(arm.name, row.id) for arm in arms for row in questions.rows]
    texts = [(arm, name) for arm in measured for name in general_texts()]
    if file.replies.keys() >= set(asked) and file.general.keys() >= set(texts):
        return
    options, progress = parts.pop("options"), parts.pop("progress")
    model: Any = open_model(settings.model, settings=settings, **options)
    more: dict[str, Any] = {**parts, "passage": how.passage, "max_tokens": how.max_tokens}
    try:
        askers = {arm.name: make_asker(arm, model, **more) for arm in arms}
        collect_replies(questions.rows, askers, file, progress=progress)
        for arm in measured:
            measure_general(arm, model, file, progress)
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


def told_answers(evaluation: AnswerEvaluation) -> dict[str, Any]:
    """The figures, with the sentences about them."""
    from ondol.evaluate.answers_words import answers_verdict, forgetting_sentence

    told = evaluation.to_json()
    sentences = {(pair.a, pair.b, pair.language, pair.metric): answers_verdict(pair) for pair in evaluation.main_pairs}
    for row in told["pairs"]:
        row["sentence"] = sentences.get((row["a"], row["b"], row["language"], row["metric"]))
    for language, forgotten in evaluation.forgetting.items():
        told["forgetting"][language]["sentence"] = forgetting_sentence(forgotten, language) or None
    return told
