"""Long work on one file says that it goes on, page by page, so that it is not taken for a file that hangs."""

from __future__ import annotations

import time
from collections.abc import Callable

EVERY_S = 1.0
_listener: Callable[[], None] | None = None
_last = 0.0


def listen(listener: Callable[[], None] | None) -> None:
    """Call `listener` whenever a reader says that it is alive."""
    global _listener
    _listener = listener


def beat() -> None:
    """Say that the work goes on; readers call it after each page, picture or part of a recording."""
    global _last
    now = time.monotonic()
    if _listener and now - _last >= EVERY_S:
        _last = now
        _listener()
