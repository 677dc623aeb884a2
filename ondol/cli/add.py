"""`ondol add`: files, pages from the web, records and rows of a database into the library."""

from __future__ import annotations

import dataclasses
from typing import Any

import typer

from ondol.cli.add_report import print_report, until_interrupted
from ondol.cli.options import Collection, Embeddings, Home, Json, Store, settings_of
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
    given = {"id": id_key, "title": title_key, "date": date_key, "tags": tags_key}
    limits = {"max_pages": max_pages, "max_mb": max_mb, "allow_private": allow_private, "other_hosts": other_hosts}
    settings = settings_of(collection=collection, home=home, embeddings=embeddings, store=store)
    with until_interrupted(), open_library(settings=settings, create=True) as library:
        reading = _Reading(library, {"progress": Bars(), "tags": tags or (), "untag": untag or ()})
        reading.read_paths(paths or [], records, given, text_keys or [], sitemap=sitemap, limits=limits)
        reading.read_rows(sql, query, given, text_keys or [], max_rows)
    print_report(dataclasses.asdict(reading.report), as_json=as_json)


class _Reading:
    """What each kind of source has come to."""

    def __init__(self, library: Any, shared: dict[str, Any]) -> None:
        self.library, self.shared = library, shared
        self.report = AddReport(collection=library.name)

    def read_paths(
        self,
        paths: list[str],
        records: bool,
        given: dict[str, str | None],
        text_keys: list[str],
        *,
        sitemap: bool,
        limits: dict[str, Any],
    ) -> None:
        from ondol.ingest.add import add_documents
        from ondol.ingest.records import RecordKeys

        files = [path for path in paths if not _is_address(path)]
        if files:
            keys = {**_known(given), **({"text": text_keys[0]} if text_keys else {})}
            chosen = RecordKeys(**keys) if records else None
            self.report += add_documents(self.library, files, records=chosen, **self.shared)
        for url in filter(_is_address, paths):
            from ondol.ingest.elsewhere import add_pages
            from ondol.ingest.web.limits import WebLimits

            self.report += add_pages(self.library, url, limits=WebLimits(**limits), sitemap=sitemap, **self.shared)

    def read_rows(
        self, sql: str | None, query: str | None, given: dict[str, str | None], text_keys: list[str], max_rows: int
    ) -> None:
        if sql and query:
            from ondol.ingest.elsewhere import add_rows

            columns = {**_known(given), "text": text_keys}
            self.report += add_rows(self.library, sql, query, columns=columns, max_rows=max_rows, **self.shared)


def _known(given: dict[str, str | None]) -> dict[str, str]:
    return {name: key for name, key in given.items() if key}


def _is_address(path: str) -> bool:
    return path.lower().startswith(("http://", "https://"))


def _check(paths: list[str], sql: str | None, query: str | None) -> None:
    if bool(sql) != bool(query):
        raise UsageError("--sql and --query go together.", hint="Add the missing one.")
    if not paths and not sql:
        raise UsageError("Nothing was named that could be added.", hint="Name files, folders, addresses, or --sql.")
