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
    token_file: Path = typer.Option(None, "--token-file", help="With --http: callers must know its token."),
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
        print_json(config_for_others(settings, [*(flag for flag, given in flags if given), *more], http, token_file))
        return
    serve = resolve("ondol.server", SERVERS, "mcp", what="server")
    options = model_options(adapter, option)
    serve(settings, options=options, allow_add=allow_add, port=http, token_file=token_file, ready=_tell_address)


def config_for_others(
    settings: Settings, arguments: list[str], port: int | None, token_file: Path | None = None
) -> dict[str, Any]:
    """`{"mcpServers": {"ondol": …}}` with whole paths: other programs start elsewhere, with another PATH."""
    if port:
        return {"mcpServers": {"ondol": {"type": "http", "url": f"http://127.0.0.1:{port}/mcp", **_proof(token_file)}}}
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


def _proof(token_file: Path | None) -> dict[str, Any]:
    """The header that proves the token, where callers must know one."""
    from ondol.server.listening import find_token

    token, _ = find_token("127.0.0.1", token_file)
    return {"headers": {"Authorization": f"Bearer {token}"}} if token else {}


def _tell_address(address: str) -> None:
    tell("Serving {address}; Ctrl-C ends it.", address=address)
