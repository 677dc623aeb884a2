"""What a command line says about searching, and the live search it makes."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ondol.cli.filter_options import Given, filter_of

if TYPE_CHECKING:
    from ondol.library.library import Library
    from ondol.retrieve.config import RetrieveConfig
    from ondol.retrieve.retriever import LibraryRetriever
    from ondol.settings import Settings

Diversity = Annotated[
    float, typer.Option("--diversity", min=0, max=1, help="From 0, the best hits, to 1, the most different ones.")
]
Around = Annotated[int, typer.Option("--around", min=0, max=64, help="Chunks before and after a hit to show with it.")]
Section = Annotated[bool, typer.Option("--section", help="Show the whole section that a hit stands in.")]
RerankWith = Annotated[
    str | None, typer.Option("--reranker", help="Model that reads the best hits again, such as onnx:FOLDER; or none.")
]
ReadWith = Annotated[
    str | None, typer.Option("--reader", help="Model that finds the words that answer, such as onnx:FOLDER.")
]
Threshold = Annotated[
    float | None,
    typer.Option("--threshold", min=0, max=1, help="Least confidence with which is answered; default 0.5."),
]
NoReader = Annotated[bool, typer.Option("--no-reader", help="Answer without what was taught: the model as it is.")]


def reader_of(reader: str | None, no_reader: bool) -> dict[str, str | None]:
    """The settings that the two options mean."""
    return {"reader": "none", "writer": "none"} if no_reader else {"reader": reader}


def config_of(
    *, k: int, mode: str, diversity: float = 0.0, around: int = 0, section: bool = False, rerank_ms: int | None = None,
    **filters: Given | str,
) -> RetrieveConfig:  # fmt: skip
    """How to search, from the options of a command."""
    from ondol.retrieve.config import RetrieveConfig
    from ondol.retrieve.neighbours import NeighbourConfig
    from ondol.retrieve.rerank import RerankConfig

    chosen: dict[str, Any] = dict(filters)
    return RetrieveConfig(
        k=k, mode=mode, filter=filter_of(**chosen), diversity=diversity,
        neighbours=NeighbourConfig(around=around, section=section), rerank=RerankConfig(budget_ms=rerank_ms),
    )  # fmt: skip


def open_retriever(
    stack: ExitStack, settings: Settings, config: RetrieveConfig, *, library: Library | None = None
) -> LibraryRetriever:
    """Open the collection, and the reranker that the settings name; `stack` closes both."""
    from ondol import assemble
    from ondol.cli.bars import Bars

    library = library or stack.enter_context(assemble.open_library(settings=settings, progress=Bars()))
    return stack.enter_context(assemble.open_retriever(library, config, settings=settings))
