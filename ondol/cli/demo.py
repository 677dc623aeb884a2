"""`ondol demo`: from nothing to cited answers over the samples that ship with ondol."""

from __future__ import annotations

import shlex
import shutil
import sys
from importlib import resources

import typer

from ondol.cli.options import Home, settings_of
from ondol.cli.output import say

COLLECTION = "samples"
QUESTIONS = (
    "How long can I keep a tool that I borrowed from the repair café?",
    "온돌방에서 제일 따뜻한 자리는 어디예요?",
    "Who won the 1987 chess championship of Iceland?",
)


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(home: Home = None) -> None:
    """Set up, read the samples, answer three questions.

    One of them the samples do not answer, and ondol says so.
    """
    from ondol.answer.ask import stream_answer
    from ondol.assemble import default_models, open_library, open_model, pull_model
    from ondol.assemble_reading import answering_options, open_default_reader
    from ondol.cli.ask import answer_aloud
    from ondol.cli.bars import Bars
    from ondol.ingest.add import add_documents
    from ondol.retrieve.retriever import make_retriever

    settings = settings_of(collection=COLLECTION, home=home)
    bars = Bars()
    program = "ondol" if shutil.which("ondol") else sys.argv[0]  # .venv/bin/ondol, when `make run` has called
    say("1/3 Models (once; they stay in {home})", home=settings.home)
    for name in default_models():
        pull_model(name, settings=settings, progress=bars)
    say("2/3 Documents: the samples that come with ondol")
    with open_library(settings=settings, create=True) as library:
        with resources.as_file(resources.files("ondol") / "samples") as folder:
            report = add_documents(library, [str(folder)], progress=bars)
        say("{added} added, {updated} updated, {unchanged} unchanged; {chunks} chunks.",
            added=report.added, updated=report.updated, unchanged=report.unchanged, chunks=report.chunks)  # fmt: skip
        say("3/3 Questions")
        with open_model(settings.model, settings=settings, **answering_options(settings)) as model:  # type: ignore[attr-defined]
            retriever, reader = make_retriever(library), open_default_reader(settings, bars)
            for question in QUESTIONS:
                print(f"\n❯ {program} ask {shlex.quote(question)} --collection {COLLECTION}")
                answer_aloud(stream_answer(question, retriever, model, reader=reader))
    say("\nYour turn:")
    for command in ("add ~/Documents/FOLDER", 'ask "a question about them"', 'search "some words"'):
        print(f"  {program} {command}")
