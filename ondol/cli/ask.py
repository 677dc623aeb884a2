"""`ondol ask`: an answer from the documents, streamed as it passes the checks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, cast

import typer

from ondol.cli.batch import check_batch, run_batch
from ondol.cli.filter_options import InLanguage, InSource, Since, Tagged, Titled, Until
from ondol.cli.options import (
    Adapter,
    Batch,
    Collection,
    Context,
    Count,
    Device,
    Dtype,
    Embeddings,
    Home,
    Json,
    Mode,
    Model,
    Option,
    Out,
    ShowThinking,
    model_options,
    settings_of,
)
from ondol.cli.output import print_json, say, tell
from ondol.cli.retrieving import (
    Around,
    Diversity,
    NoReader,
    ReadWith,
    RerankWith,
    Section,
    Threshold,
    config_of,
    reader_of,
)
from ondol.cli.web_option import Web, open_sources
from ondol.lang import translate

if TYPE_CHECKING:
    from ondol.answer.answer import Answer, Thought
    from ondol.retrieve.config import RetrieveConfig
    from ondol.settings import Settings

    Pieces = Iterator[str | Thought | Answer]

QUOTE_LIMIT = 300
BOLD, PLAIN = "\033[1m", "\033[0m"


def register(app: typer.Typer) -> None:
    app.command(epilog='Example:  ondol ask "when does it open?"  ·  ondol ask "언제 문을 여나요?" --json')(ask)


def ask(
    question: str = typer.Argument(None, help="A question in English or Korean."),
    model: Model = None,
    k: Count = 8,
    mode: Mode = "hybrid",
    source: InSource = None, title: Titled = None, language: InLanguage = None,
    since: Since = None, until: Until = None, tag: Tagged = None,
    diversity: Diversity = 0.0, around: Around = 0, section: Section = False, reranker: RerankWith = None,
    reader: ReadWith = None, no_reader: NoReader = False, threshold: Threshold = None,
    no_docs: bool = typer.Option(False, "--no-docs", help="Let the model answer without the documents."),
    web: Web = None, show_thinking: ShowThinking = False,
    batch: Batch = None,
    out: Out = None,
    as_json: Json = False,
    collection: Collection = None,
    home: Home = None,
    embeddings: Embeddings = None,
    context: Context = None,
    device: Device = None,
    dtype: Dtype = None,
    adapter: Adapter = None,
    option: Option = None,
) -> None:  # fmt: skip
    """Answer a question from the documents, with citations.

    Where the documents do not tell, ondol says so and names the nearest ones.
    """
    check_batch(question, batch, out)
    settings = settings_of(
        collection=collection, home=home, model=model, embeddings=embeddings, context=context, device=device,
        dtype=dtype, reranker=reranker, threshold=threshold, **reader_of(reader, no_reader),
    )  # fmt: skip
    config = config_of(
        k=k, mode=mode, diversity=diversity, around=around, section=section, rerank_ms=settings.rerank_ms,
        source=source, title=title, language=language, since=since, until=until, tag=tag,
    )  # fmt: skip
    with _answering(settings, model_options(adapter, option), config, documents=not no_docs, web=web) as stream:
        if batch and out:
            run_batch(batch, out, lambda asked: _last(stream(asked)).to_json())
            return
        asked = stream(str(question))
        answer = _last(asked) if as_json else answer_aloud(asked, show_thinking=show_thinking)
        _keep(settings, answer, shown=as_json)


@contextmanager
def _answering(
    settings: Settings, options: dict[str, Any], config: RetrieveConfig, *, documents: bool, web: str | None
) -> Iterator[Callable[[str], Pieces]]:
    """Open what answers; with neither documents nor the web, the model alone."""
    from ondol.answer.ask import stream_answer
    from ondol.answer.without_documents import stream_model
    from ondol.assemble import open_model
    from ondol.assemble_reading import answering_options, open_default_reader
    from ondol.cli.bars import Bars
    from ondol.prompts.load import open_prompts

    with ExitStack() as stack:
        retriever = open_sources(stack, settings, config, documents=documents, web=web)
        reader = open_default_reader(settings, Bars()) if retriever else None
        prompts = open_prompts(settings.home)
        options = answering_options(settings, **options) if retriever else options
        model: Any = open_model(settings.model, settings=settings, **options)
        stack.enter_context(model)
        yield (
            lambda asked: (
                stream_answer(asked, retriever, model, reader=reader, threshold=settings.threshold, prompts=prompts)
                if retriever
                else stream_model(asked, model)
            )
        )


def _keep(settings: Settings, answer: Answer, *, shown: bool) -> None:
    """Remember it for `ondol feedback`, and print it as JSON where that is wanted."""
    from ondol.evaluate.feedback import remember_answer

    row = answer.to_json()
    remember_answer(settings.home, row)
    if shown:
        print_json(row)


def _last(pieces: Pieces) -> Answer:
    *_, answer = pieces
    return cast("Answer", answer)


def answer_aloud(pieces: Pieces, *, show_thinking: bool = False) -> Answer:
    """Print the answer as it comes, then where each citation stands."""
    aloud = Aloud(show_thinking=show_thinking)
    for piece in pieces:
        aloud(piece)
    return cast("Answer", piece)


class Aloud:
    """Prints the pieces of an answer as they come, and its sources at the end."""

    def __init__(self, *, show_thinking: bool) -> None:
        from ondol.cli.written import Voice

        self._voice = Voice(aloud=True, show_thinking=show_thinking)

    def __call__(self, piece: str | Thought | Answer) -> None:
        from ondol.answer.answer import Answer, Thought

        match piece:
            case Thought(text):
                self._voice.think(text)
            case Answer():
                self._voice.fold()
                print_sources(piece)
            case _:
                self._voice.say(piece)


def print_sources(answer: Answer) -> None:
    from ondol.answer.answer import place

    print()
    if answer.finish_reason == "length":
        tell("  ({words})", words=translate("cut off at {count} tokens", count=answer.usage["completion_tokens"]))
    if answer.left_out:
        tell("  ({words})", words=answer.left_out)
    if answer.quoted:
        say("  (quoted: the sources' own sentences)")
    if answer.short and answer.answer != f"{answer.short} [1]":
        say("  in short: {short}", short=f"{BOLD}{answer.short}{PLAIN}" if sys.stdout.isatty() else answer.short)
    for citation in answer.citations:
        print(f"  [{citation.mark}] {place(citation)}")
        if not answer.quoted:
            quote = " ".join(citation.quote.split())
            print(f"      “{quote[:QUOTE_LIMIT]}{'…' if len(quote) > QUOTE_LIMIT else ''}”")
    if answer.agrees is False:
        say("  (the reader finds another answer in the sources: check them)")
