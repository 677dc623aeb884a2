"""`ondol serve`: the page in a browser, and the APIs that other programs speak."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import typer

from ondol.cli.options import (
    Adapter,
    Collection,
    Context,
    Device,
    Dtype,
    Embeddings,
    Home,
    Model,
    Option,
    model_options,
    settings_of,
)
from ondol.cli.output import tell
from ondol.cli.retrieving import NoReader, ReadWith, RerankWith, Threshold, reader_of
from ondol.registry import resolve
from ondol.server import SERVERS


def register(app: typer.Typer) -> None:
    app.command(epilog="Example:  ondol serve --open  ·  ondol serve --host 0.0.0.0 --token-file token.txt")(serve)


def serve(
    host: str = typer.Option("127.0.0.1", "--host", help="Address to serve; any but this machine's asks for a token."),
    port: int = typer.Option(8088, "--port", min=0, max=65535, help="0 takes a free one."),
    open_page: bool = typer.Option(False, "--open", help="Open the page in the browser."),
    allow_host: list[str] = typer.Option([], "--allow-host", metavar="NAME", help="Another name it is called by."),
    token_file: Path = typer.Option(None, "--token-file", help="Holds the token, or is made [ONDOL_TOKEN]."),
    parallel: int = typer.Option(4, "--parallel", min=1, max=64, help="Answers written at once."),
    collection: Collection = None,
    home: Home = None,
    model: Model = None,
    embeddings: Embeddings = None,
    reranker: RerankWith = None,
    reader: ReadWith = None,
    no_reader: NoReader = False,
    threshold: Threshold = None,
    context: Context = None,
    device: Device = None,
    dtype: Dtype = None,
    adapter: Adapter = None,
    option: Option = None,
) -> None:
    """Serve the page, a JSON API and OpenAI's protocol.

    The library is opened at the start, a model when it is first asked.
    """
    settings = settings_of(
        collection=collection, home=home, model=model, embeddings=embeddings, reranker=reranker, context=context,
        device=device, dtype=dtype, threshold=threshold, **reader_of(reader, no_reader),
    )  # fmt: skip

    def tell_address(address: str, token: str) -> None:
        whole = f"{address}?token={token}" if token else address
        tell("Serving {address}; Ctrl-C ends it.", address=whole)
        if open_page:
            webbrowser.open(whole)

    run = resolve("ondol.server", SERVERS, "http", what="server")
    run(
        settings, host=host, port=port, options=model_options(adapter, option), parallel=parallel,
        allowed_hosts=tuple(allow_host), token_file=token_file, ready=tell_address,
    )  # fmt: skip
