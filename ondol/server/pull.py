"""What an iterator gives, made in a thread of its own, for a task on the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Generator
from contextlib import closing
from typing import Generic, TypeVar

import anyio
from anyio.lowlevel import RunVar
from fastapi import Request

T = TypeVar("T")
STREAMS = 256
"""Threads for answers that are written or waited for."""
_limiter: RunVar[anyio.CapacityLimiter] = RunVar("streams")


async def pull(request: Request, pieces: Generator[T], *, whole: bool = False) -> AsyncGenerator[list[T]]:
    """Pieces as they come, the first one at once; `pieces` are closed when the client goes or nobody listens any more.

    Args:
        whole: give all of them together at the end.
    """
    box = _Box[T]()
    filling = asyncio.create_task(anyio.to_thread.run_sync(box.fill, pieces, limiter=_streams()))
    watching = asyncio.create_task(_watch(request, box.ended))
    try:
        is_last = False
        while not is_last:
            given, is_last = await box.take(whole=whole)
            if given:
                yield given
        if box.error:
            raise box.error
    finally:
        box.ended.set()
        watching.cancel()
        with anyio.CancelScope(shield=True):
            await filling


class _Box(Generic[T]):
    """Filled by a thread, emptied by a task."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        """Nobody wants any more."""
        self.error: BaseException | None = None
        self._pieces: deque[T] = deque()
        self._is_whole = self._is_awaited = False
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()

    def fill(self, pieces: Generator[T]) -> None:
        try:
            with closing(pieces):
                for piece in pieces:
                    self._pieces.append(piece)
                    if self._is_awaited:
                        self._loop.call_soon_threadsafe(self._told.set)
                    if self.ended.is_set():
                        break
        except BaseException as error:  # it is raised where the pieces are read
            self.error = error
        self._is_whole = True
        self._loop.call_soon_threadsafe(self._told.set)

    async def take(self, *, whole: bool) -> tuple[list[T], bool]:
        """What has come since, at least one piece where there is another one, and whether that was the last."""
        self._is_awaited = not whole
        while not self._is_whole and (whole or not self._pieces):
            await self._told.wait()
            self._told.clear()
        self._is_awaited = False
        is_last = self._is_whole  # asked before the pieces are counted
        return [self._pieces.popleft() for _ in range(len(self._pieces))], is_last


async def _watch(request: Request, ended: threading.Event) -> None:
    """Set `ended` when the client has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    ended.set()


def _streams() -> anyio.CapacityLimiter:
    try:
        return _limiter.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(STREAMS)
        _limiter.set(limiter)
        return limiter
