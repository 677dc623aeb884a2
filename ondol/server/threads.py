"""Threads for what requests have to do, counted by kind, so that none waits for work of another kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio
from anyio.lowlevel import RunVar

from ondol.device import usable_cores

T = TypeVar("T")
STREAMS = 256
"""Answers that are written or waited for."""
_streams: RunVar[anyio.CapacityLimiter] = RunVar("streams")
_searches: RunVar[anyio.CapacityLimiter] = RunVar("searches")


def streams() -> anyio.CapacityLimiter:
    return _limiter(_streams, STREAMS)


def searches() -> anyio.CapacityLimiter:
    """As many as there are cores: with 40 at once on two, a search takes twice the time of a processor, because they
    wait for the interpreter's lock in turn, and the server never catches up.
    """
    return _limiter(_searches, usable_cores())


async def in_thread(work: Callable[[], T], limiter: anyio.CapacityLimiter) -> T:
    """First come, first served."""
    return await anyio.to_thread.run_sync(work, limiter=limiter)


def _limiter(kept: RunVar[anyio.CapacityLimiter], threads: int) -> anyio.CapacityLimiter:
    try:
        return kept.get()
    except LookupError:
        made = anyio.CapacityLimiter(threads)
        kept.set(made)
        return made
