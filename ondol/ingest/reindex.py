"""Make an index of the library again, from the texts that it holds."""

from __future__ import annotations

import time

from ondol.ingest.report import AddReport
from ondol.library.library import Library
from ondol.progress import Progress, Silent


def reindex_words(library: Library, *, progress: Progress | None = None) -> AddReport:
    """Analyse every chunk again; the old word index is searched until the new one takes its place."""
    started = time.perf_counter()
    report = AddReport(collection=library.name, chunks=library.reindex_words(progress or Silent()))
    report.unchanged = len(library.source_rows())
    report.seconds = round(time.perf_counter() - started, 3)
    return report
