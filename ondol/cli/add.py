"""`ondol add`: files, pages from the web, records and rows of a database into the library."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import typer

from ondol.cli.add_report import print_report
from ondol.cli.options import Collection, Embeddings, Home, Json, Store, settings_of
from ondol.cli.output import INTERRUPTED, tell
from ondol.errors import UsageError
from ondol.ingest.report import AddReport

EXAMPLES = """Examples:  ondol add notes.md reports/  ·  ondol add rows.csv --records --id id --text body
ondol add https://example.org/page  ·  ondol add --sql sqlite:///shop.db --query 'SELECT id, text FROM notes'"""


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(add)


def add(
    paths: list[str] | None = typer.Argument(None, help="Files, folders, patterns such as 'reports/*.pdf', addresses."),
    records: bool = typer.Option(False, "--records", help="Each line or row (JSONL, CSV, Parquet) is a source."),
    id_key: str | None = typer.Option(None, "--id", help="With --records or --sql: key or column of the id."),
    text_keys: list[str] | None = typer.Option(None, "--text", help="… of the text; several with --sql."),
    title_key: str | None = typer.Option(None, "--title", help="… of the title; it may be absent."),
    date_key: str | None = typer.Option(None, "--date", help="… of the date; it may be absent."),
    tags_key: str | None = typer.Option(None, "--tags", help="… of the tags; they may be absent."),
    sitemap: bool = typer.Option(False, "--sitemap", help="The addresses are sitemaps: read the pages they list."),
    max_pages: int = typer.Option(200, "--max-pages", min=1, help="Pages of a sitemap."),
    max_mb: int = typer.Option(50, "--max-mb", min=1, help="Megabytes of a page."),
    allow_private: bool = typer.Option(False, "--allow-private", help="Read from this machine's own network too."),
    other_hosts: bool = typer.Option(False, "--other-hosts", help="Follow a sitemap to other hosts."),
    sql: str | None = typer.Option(None, "--sql", metavar="URL", help="A database; with --query."),
    query: str | None = typer.Option(None, "--query", metavar="SELECT", help="Each row of it is a source."),
    max_rows: int = typer.Option(100_000, "--max-rows", min=1, help="Rows of the query."),
    tags: list[str] | None = typer.Option(
        None, "--tag", metavar="NAME", help="Give every source this tag; repeatable."
    ),
    untag: list[str] | None = typer.Option(None, "--untag", metavar="NAME", help="Take this tag off; repeatable."),
    as_json: Json = False,
    collection: Collection = None,
    home: Home = None,
    embeddings: Embeddings = None,
    store: Store = None,
) -> None:
    """Read documents into the library.

    Unchanged ones are left alone, changed ones replaced; a file that cannot be read is told and stops nothing.
    """
    from ondol.assemble import open_library
    from ondol.cli.bars import Bars

    _check(paths or [], sql, query)
    settings = settings_of(collection=collection, home=home, embeddings=embeddings, store=store)
    given = {"id": id_key, "title": title_key, "date": date_key, "tags": tags_key}
    keys = {name: key for name, key in given.items() if key}
    limits = {"max_pages": max_pages, "max_mb": max_mb, "allow_private": allow_private, "other_hosts": other_hosts}
    web = {"sitemap": sitemap, "limits": limits}
    rows = {"url": sql, "query": query, "max_rows": max_rows}
    try:
        with open_library(settings=settings, create=True) as library:
            shared = {"progress": Bars(), "tags": tags or (), "untag": untag or ()}
            parts = _read(library, paths or [], shared, keys, text_keys or [], web, rows, records=records)
            report = sum(parts, AddReport(collection=library.name))
    except KeyboardInterrupt:
        tell("Stopped. The same command goes on from here.")
        raise typer.Exit(INTERRUPTED) from None
    print_report(dataclasses.asdict(report), as_json=as_json)


def _read(
    library: Any,
    paths: list[str],
    shared: dict[str, Any],
    keys: dict[str, str],
    text_keys: list[str],
    web: dict[str, Any],
    rows: dict[str, Any],
    *,
    records: bool,
) -> Iterator[AddReport]:
    """The report of each kind of source that was named."""
    from ondol.ingest.add import add_documents
    from ondol.ingest.records import RecordKeys

    pages = [path for path in paths if _is_address(path)]
    files = [path for path in paths if not _is_address(path)]
    if files:
        chosen = RecordKeys(**keys, **({"text": text_keys[0]} if text_keys else {})) if records else None
        yield add_documents(library, files, records=chosen, **shared)
    if pages:
        from ondol.ingest.elsewhere import add_pages
        from ondol.ingest.web.limits import WebLimits

        limits = WebLimits(**web["limits"])
        for url in pages:
            yield add_pages(library, url, limits=limits, sitemap=web["sitemap"], **shared)
    if rows["url"]:
        from ondol.ingest.elsewhere import add_rows

        yield add_rows(library, **rows, columns={**keys, "text": text_keys}, **shared)


def _is_address(path: str) -> bool:
    return path.lower().startswith(("http://", "https://"))


def _check(paths: list[str], sql: str | None, query: str | None) -> None:
    if bool(sql) != bool(query):
        raise UsageError("--sql and --query go together.", hint="Add the missing one.")
    if not paths and not sql:
        raise UsageError("Nothing was named that could be added.", hint="Name files, folders, addresses, or --sql.")
