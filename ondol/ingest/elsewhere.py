"""Documents that are no files here: pages from the web, rows of a database."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from ondol.ingest.add import Adding
from ondol.ingest.records import Record
from ondol.ingest.report import AddReport, refuse_nothing
from ondol.ingest.walk import Found
from ondol.ingest.web.fetch import fetch_pages
from ondol.ingest.web.limits import WebLimits
from ondol.ingest.web.page import Fetched
from ondol.lang import translate
from ondol.library.library import Library
from ondol.library.tags import TagChange
from ondol.progress import Progress, Silent
from ondol.registry import Entry, resolve

DATABASES = {"sql": Entry("sql:read_sql", extra="sql", about="rows of any database that SQLAlchemy opens")}


def add_pages(
    library: Library,
    url: str,
    *,
    limits: WebLimits | None = None,
    sitemap: bool = False,
    tags: Sequence[str] = (),
    untag: Sequence[str] = (),
    progress: Progress | None = None,
) -> AddReport:
    """Read a page, or those that a sitemap lists, into the library; no link on a page is followed.

    Args:
        sitemap: `url` is a sitemap, or a host whose robots.txt names one; a sitemap is also told by its content.
        tags, untag: as in `add_documents`.

    Raises:
        UnusableInput: nothing at all could be used; the first reasons are told.
        OtherFingerprint: the collection belongs to another embedder.
    """
    started = time.perf_counter()
    work = Adding(library, progress or Silent())
    work.tags = TagChange(add=tags, remove=untag)
    library.finish(work.progress)
    with tempfile.TemporaryDirectory(prefix="ondol-") as folder:
        work.run(_Pages(work.report, fetch_pages(url, limits=limits, sitemap=sitemap), Path(folder)))
    refuse_nothing(work.report, hint="Look at it in a browser; what a program draws there is no text for others.")
    work.report.seconds = round(time.perf_counter() - started, 3)
    return work.report


class _Pages:
    """Pages as files for the worker processes: each is there until it was read."""

    def __init__(self, report: AddReport, pages: Iterator[Any], folder: Path) -> None:
        self._report, self._pages, self._folder = report, pages, folder

    def __iter__(self) -> Iterator[Found]:
        for number, page in enumerate(self._pages):
            if isinstance(page, Fetched):
                yield self._written(page, self._folder / str(number))
            elif row := getattr(page, "row", None):
                (self._report.skipped if page.left else self._report.failed).append(row)

    def _written(self, page: Fetched, folder: Path) -> Found:
        folder.mkdir()
        place = folder / f"{page.name[:80] or 'page'}{page.suffix}"
        place.write_bytes(page.data)
        if page.day:
            noon = time.mktime(date.fromisoformat(page.day).timetuple()) + 12 * 3600
            os.utime(place, (noon, noon))
        return Found(page.url, place, key=page.url, passing=True)


def add_rows(
    library: Library,
    url: str,
    query: str,
    *,
    tags: Sequence[str] = (),
    untag: Sequence[str] = (),
    columns: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> AddReport:
    """Read the rows of a query into the library, each as a source of its own.

    Args:
        url: address of the database, as SQLAlchemy writes it; it is read, never written.
        query: one SELECT.
        columns: the fields of `SqlColumns`.
        options: `max_rows` and `timeout_s` of `read_sql`.

    Raises:
        MissingExtra: SQLAlchemy or the database's driver is not installed.
        UsageError, UnusableInput, BackendError: as `read_sql`.
    """
    started = time.perf_counter()
    read_sql = resolve("ondol.ingest", DATABASES, "sql", what="database")
    from ondol.ingest.sql import SqlColumns, show_sql_url

    shown = show_sql_url(url)
    work = Adding(library, progress or Silent())
    work.tags = TagChange(add=tags, remove=untag)
    library.finish(work.progress)
    work.run_records(
        _own(library, shown, read_sql(url, query, columns=SqlColumns(**(columns or {})), **options)), shown
    )
    refuse_nothing(work.report, hint="See what the query gives in the database itself.")
    work.report.seconds = round(time.perf_counter() - started, 3)
    return work.report


def _own(library: Library, shown: str, records: Iterator[Record | str]) -> Iterator[Record | str]:
    """The records whose ids no other source has."""
    for record in records:
        if isinstance(record, Record):
            owner = library.source_of(record.id)
            if owner and not owner.startswith(f"{shown}#"):
                yield translate("The id '{id}' belongs to {source} already.", id=record.id, source=owner)
                continue
        yield record
