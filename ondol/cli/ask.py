"""`ondol ask`: an answer from the documents, streamed as it passes the checks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from ondol.cli.batch import check_batch, run_batch
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

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.retrievers import BaseRetriever

    from ondol.answer.answer import Answer, Thought

QUOTE_LIMIT = 300
BOLD, PLAIN = "\033[1m", "\033[0m"


def register(app: typer.Typer) -> None:
    app.command(epilog='Example:  ondol ask "when does it open?"  ·  ondol ask "언제 문을 여나요?" --json')(ask)


def ask(
    question: str = typer.Argument(None, help="A question in English or Korean."),
    model: Model = None,
    k: Count = 8,
    mode: Mode = "dense",
    no_docs: bool = typer.Option(False, "--no-docs", help="Let the model answer without the documents."),
    show_thinking: ShowThinking = False,
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
) -> None:
    """Answer a question from the documents, with citations.

    Where the documents do not tell, ondol says so and names the nearest ones.
    """
    check_batch(question, batch, out)
    from ondol.answer.without_documents import ask_model
    from ondol.assemble import open_library, open_model
    from ondol.retrieve.retriever import make_retriever
    from ondol.retrieve.search import RetrieveConfig

    config = RetrieveConfig(k=k, mode=mode)
    settings = settings_of(
        collection=collection, home=home, model=model, embeddings=embeddings, context=context, device=device,
        dtype=dtype,
    )  # fmt: skip
    options = model_options(adapter, option)
    if no_docs:
        with open_model(settings.model, settings=settings, **options) as chat:  # type: ignore[attr-defined]
            _run(question, batch, out, as_json, lambda asked: ask_model(asked, chat))
        return
    with (
        open_library(settings=settings) as library,
        open_model(settings.model, settings=settings, **options) as chat,  # type: ignore[attr-defined]
    ):
        retriever = make_retriever(library, config)
        from ondol.answer.ask import ask as ask_documents

        if question and not as_json:
            answer_aloud(question, retriever, chat, show_thinking=show_thinking)
        else:
            _run(question, batch, out, as_json, lambda asked: ask_documents(asked, retriever, chat))


def _run(question: str | None, batch: Any, out: Any, as_json: bool, answer: Any) -> None:
    if batch:
        run_batch(batch, out, lambda asked: answer(asked).to_json())
        return
    found = answer(question)
    if as_json:
        print_json(found.to_json())
    else:
        print(found.answer)


def answer_aloud(question: str, retriever: BaseRetriever, model: BaseChatModel, *, show_thinking: bool = False) -> None:
    """Print the answer as it comes, then where each citation stands."""
    from ondol.answer.ask import stream_answer

    aloud = Aloud(show_thinking=show_thinking)
    for piece in stream_answer(question, retriever, model):
        aloud(piece)


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
    if answer.left_out:
        tell("  ({words})", words=answer.left_out)
    if answer.quoted:
        say("  (quoted: the sources' own sentences)")
    if answer.short:
        say("  in short: {short}", short=f"{BOLD}{answer.short}{PLAIN}" if sys.stdout.isatty() else answer.short)
    for citation in answer.citations:
        print(f"  [{citation.mark}] {place(citation)}")
        if not answer.quoted:
            quote = " ".join(citation.quote.split())
            print(f"      “{quote[:QUOTE_LIMIT]}{'…' if len(quote) > QUOTE_LIMIT else ''}”")
