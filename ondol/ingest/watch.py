"""Keep a folder and the library in step until somebody stops it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from watchfiles import watch

from ondol.errors import OndolError
from ondol.ingest.report import AddReport

QUIET_MS = 1_500
"""Time without a change after which a change is looked at; programs write a file in several steps."""


def watch_folder(
    folder: Path, sync: Callable[[], AddReport], *, stop: threading.Event | None = None
) -> Iterator[AddReport | OndolError]:
    """Synchronise now and after every change below `folder`; each report, or what went wrong that time."""
    yield _try(sync)
    changes = watch(
        folder, stop_event=stop, debounce=60_000, step=QUIET_MS, raise_interrupt=True, ignore_permission_denied=True
    )
    for _ in changes:
        yield _try(sync)


def _try(sync: Callable[[], AddReport]) -> AddReport | OndolError:
    try:
        return sync()
    except OndolError as error:
        return error
