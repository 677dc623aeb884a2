"""A set of questions drawn from one's own documents, for measuring search where nobody has written questions yet."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from langchain_core.language_models import BaseChatModel

from ondol.errors import UnusableInput, UsageError
from ondol.evaluate.asked_by_model import ask_model
from ondol.evaluate.candidates import Candidate, plain, spread, unambiguous
from ondol.evaluate.definitions import definition_question
from ondol.evaluate.headings import Around, heading_question
from ondol.evaluate.near_duplicates import Distinct
from ondol.ingest.sections import SEPARATOR
from ondol.ingest.sentences import split_sentences
from ondol.library.library import Library
from ondol.progress import Progress, Silent
from ondol.scoring.statistics import SEED

MOST_SOURCES = 3000
"""Sources that are read at most, drawn at random; reading 3,000 takes a few seconds."""
ATTEMPTS = 4
"""Passages that the model is shown at most for every question wanted."""
HOPELESS = 12
"""Passages after which a model that has asked nothing usable is asked no more."""
SMALLEST_PASSAGE = 40
"""Characters; a shorter one gives the model nothing to ask about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeSetConfig:
    n: int = 50
    """Questions wanted; fewer come when the documents offer no more."""
    seed: int = SEED
    """The same seed and the same library give the same questions."""

    def __post_init__(self) -> None:
        if self.n < 1:
            raise UsageError("n is {n}; at least one question must be asked for.", hint="Raise -n.", n=self.n)


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk, with what stands around it."""

    document_id: str
    title: str
    start: int
    text: str


def make_set(
    library: Library,
    config: MakeSetConfig | None = None,
    *,
    model: BaseChatModel | None = None,
    progress: Progress | None = None,
) -> list[Candidate]:
    """Questions from headings and definitions; with a model, half of them in its words.

    Every document is asked about before one is asked about twice. Headings and terms that several documents have are
    left out, since only one document would count as right.

    Raises:
        UnusableInput: the documents offer no question.
    """
    config, progress = config or MakeSetConfig(), progress or Silent()
    rng = random.Random(config.seed)  # noqa: S311 - a draw that must repeat, no secret
    passages, offered = _read(library, rng)
    distinct = Distinct(library.embeddings)
    chosen = _ask(model, passages, config.n - config.n // 2, distinct, rng, progress) if model else []
    rest = spread(unambiguous(offered), rng)
    while len(chosen) < config.n and (some := list(islice(rest, config.n - len(chosen)))):
        chosen += distinct.take(some)
    if not chosen:
        raise UnusableInput(
            "The documents offer no question: they have neither headings nor definitions that can be asked about.",
            hint="Add more documents, let a model write them with --with-model, or write questions yourself.",
        )
    return chosen


def _read(library: Library, rng: random.Random) -> tuple[list[Passage], list[Candidate]]:
    """Passages that stand in one document only, and what they offer."""
    sources = library.source_rows()
    titles = Counter(row["title"] for row in sources)
    chosen = sources if len(sources) <= MOST_SOURCES else rng.sample(sources, MOST_SOURCES)
    shown = [(row, library.show(row["document_id"])) for row in chosen]
    homes: dict[str, set[str]] = {}
    for row, source in shown:
        for chunk in source["chunks"]:
            homes.setdefault(plain(source["text"][chunk["start"] : chunk["end"]]), set()).add(row["document_id"])
    shared = {text for text, documents in homes.items() if len(documents) > 1}
    passages, offered = list[Passage](), list[Candidate]()
    for row, source in shown:
        title = row["title"] if titles[row["title"]] == 1 else ""
        chunks = [chunk for chunk in source["chunks"] if plain(_slice(source, chunk)) not in shared]
        passages += (Passage(row["document_id"], title, chunk["start"], _slice(source, chunk)) for chunk in chunks)
        offered += _headings(row["document_id"], Around(title, source["text"], row["format"] == "record"), chunks)
        offered += _definitions(row["document_id"], source["text"], chunks)
    return passages, offered


def _slice(source: dict[str, Any], chunk: dict[str, Any]) -> str:
    return str(source["text"][chunk["start"] : chunk["end"]])


def _headings(document_id: str, around: Around, chunks: Sequence[dict[str, Any]]) -> Iterator[Candidate]:
    """One question for every heading; what stands under none has the title, where that is nobody else's."""
    seen = set[str]()
    for chunk in chunks:
        heading = chunk["heading"].rpartition(SEPARATOR)[2] or around.title
        question = "" if heading in seen else heading_question(heading, around)
        seen.add(heading)
        if question:
            yield Candidate(
                question=question, document_id=document_id, start=chunk["start"], end=chunk["end"], how="heading",
                key=plain(question),
            )  # fmt: skip


def _definitions(document_id: str, text: str, chunks: Sequence[dict[str, Any]]) -> Iterator[Candidate]:
    seen = set[int]()
    for chunk in chunks:
        for start, end in split_sentences(text[chunk["start"] : chunk["end"]]):
            start, end = start + chunk["start"], end + chunk["start"]
            found = None if start in seen else definition_question(text[start:end])
            seen.add(start)  # chunks overlap
            if found:
                yield Candidate(
                    question=found[1], document_id=document_id, start=start, end=end, how="definition",
                    key=plain(found[0]),
                )  # fmt: skip


def _ask(
    model: BaseChatModel, passages: Sequence[Passage], wanted: int, distinct: Distinct, rng: random.Random,
    progress: Progress,
) -> list[Candidate]:  # fmt: skip
    """Show the model one passage after the other, of every document in turn, until it has asked enough."""
    places = [
        Candidate(
            question=passage.text, document_id=passage.document_id, start=passage.start,
            end=passage.start + len(passage.text), how="model", key=passage.title,
        )
        for passage in passages
        if len(passage.text) >= SMALLEST_PASSAGE
    ]  # fmt: skip
    chosen: list[Candidate] = []
    progress.begin("Asking the model", wanted, "questions")
    try:
        for attempt, place in enumerate(islice(spread(places, rng), ATTEMPTS * wanted)):
            if len(chosen) == wanted or (attempt == HOPELESS and not chosen):
                break
            question = ask_model(model, place.question, place.key)
            if question:
                made = Candidate(
                    question=question, document_id=place.document_id, start=place.start, end=place.end, how="model",
                    key=plain(question),
                )  # fmt: skip
                new = distinct.take([made])
                chosen += new
                progress.advance(len(new))
    finally:
        progress.end()
    return chosen
