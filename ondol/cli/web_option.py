"""`--web`: pages of the web beside the documents, or instead of them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from ondol.cli.retrieving import open_retriever
from ondol.errors import Offline

if TYPE_CHECKING:
    from langchain_core.retrievers import BaseRetriever

    from ondol.embeddings.contract import TextEmbeddings
    from ondol.retrieve.config import RetrieveConfig
    from ondol.retrieve.web import WebRetriever
    from ondol.settings import Settings

Web = Annotated[
    str | None,
    typer.Option(
        "--web",
        metavar="URL",
        help="Read web pages too, found by the SearxNG server at this address; it gets the question. With --no-docs "
        "the web alone.",
    ),
]


def open_sources(
    stack: ExitStack, settings: Settings, config: RetrieveConfig, *, documents: bool, web: str | None
) -> BaseRetriever | None:
    """What a question is answered from: the collection, the web, both, or nothing; `stack` closes it.

    Raises:
        Offline: the web is asked for, and the settings refuse every network call.
    """
    if web is None:
        return open_retriever(stack, settings, config) if documents else None
    if settings.offline:
        raise Offline("--web needs the network and ondol is offline.", hint="Leave --web out, or use ONDOL_OFFLINE=0.")
    if not documents:
        from ondol.assemble import open_embeddings

        return _open_web(web, open_embeddings(settings.embeddings, settings=settings), config.k)
    from ondol.retrieve.web_beside import LibraryAndWeb

    own = open_retriever(stack, settings, config)
    pages = _open_web(web, own.embeddings, config.k)
    return LibraryAndWeb(library=own.library, config=own.config, reranker=own.reranker, web=pages)


def _open_web(endpoint: str, embeddings: TextEmbeddings, k: int) -> WebRetriever:
    from ondol.cli.bars import Bars
    from ondol.retrieve.web import make_web_retriever

    return make_web_retriever(endpoint, embeddings, k=k, progress=Bars())
