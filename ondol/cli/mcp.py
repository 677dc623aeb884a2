"""`ondol mcp`: the documents for other programs, over the Model Context Protocol."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

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
from ondol.cli.output import print_json, tell
from ondol.cli.retrieving import NoReader, ReadWith, RerankWith, reader_of
from ondol.registry import resolve
from ondol.server import SERVERS
from ondol.settings import Settings

PASSED_ON = ("collection", "model", "embeddings", "reranker", "reader", "context", "device", "dtype")
"""Settings that a person named here and the other program must name again."""


def register(app: typer.Typer) -> None:
    app.command(epilog="Example:  ondol mcp --print-config  ·  ondol mcp --collection contracts --http 8765")(mcp)


def mcp(
    http: int = typer.Option(None, "--http", min=1, max=65535, metavar="PORT", help="Serve HTTP on 127.0.0.1:PORT."),
    allow_add: bool = typer.Option(False, "--allow-add", help="Let programs add files of this machine."),
    print_config: bool = typer.Option(
        False, "--print-config", help="Print the JSON that other programs want, and end."
    ),
    collection: Collection = None,
    home: Home = None,
    model: Model = None,
    embeddings: Embeddings = None,
    reranker: RerankWith = None,
    reader: ReadWith = None,
    no_reader: NoReader = False,
    context: Context = None,
    device: Device = None,
    dtype: Dtype = None,
    adapter: Adapter = None,
    option: Option = None,
) -> None:
    """Offer search and ask to other programs over MCP.

    They start it themselves and speak over stdin and stdout; with --http it waits for them. Library and model are
    opened at the first question.
    """
    settings = settings_of(
        collection=collection, home=home, model=model, embeddings=embeddings, context=context, device=device,
        dtype=dtype, reranker=reranker, **reader_of(reader, no_reader),
    )  # fmt: skip
    if print_config:
        flags = [("--allow-add", allow_add), ("--no-reader", no_reader)]
        more = [part for row in option or [] for part in ("--option", row)] + (
            ["--adapter", adapter] if adapter else []
        )
        print_json(config_for_others(settings, [*(flag for flag, given in flags if given), *more], http))
        return
    serve = resolve("ondol.server", SERVERS, "mcp", what="server")
    serve(settings, options=model_options(adapter, option), allow_add=allow_add, port=http, ready=_tell_address)


def config_for_others(settings: Settings, arguments: list[str], port: int | None) -> dict[str, Any]:
    """`{"mcpServers": {"ondol": …}}` with whole paths: other programs start elsewhere, with another PATH."""
    if port:
        return {"mcpServers": {"ondol": {"type": "http", "url": f"http://127.0.0.1:{port}/mcp"}}}
    program = Path(sys.executable).with_name("ondol")
    start = [str(program)] if program.is_file() else [sys.executable, "-m", "ondol.cli.main"]
    named = [
        part
        for name in PASSED_ON
        if settings.origin.get(name) != "default" and not (name == "reader" and "--no-reader" in arguments)
        for part in (f"--{name}", str(getattr(settings, name)))
    ]
    args = [*start[1:], "mcp", "--home", str(settings.home.absolute()), *named, *arguments]
    return {"mcpServers": {"ondol": {"command": start[0], "args": args}}}


def _tell_address(address: str) -> None:
    tell("Serving {address}; Ctrl-C ends it.", address=address)
