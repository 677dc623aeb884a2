"""Server-sent events from an iterator that works in a thread, and what becomes of it when the client goes."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import aclosing
from typing import Any, TypeVar, cast

import anyio
from anyio.lowlevel import RunVar
from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.types import Send

from ondol.errors import OndolError
from ondol.lang import Language
from ondol.server.errors import error_row, failure, language_of

T = TypeVar("T")
STREAMS = 256
"""Threads for answers that are written or waited for."""
END = object()
_limiter: RunVar[anyio.CapacityLimiter] = RunVar("streams")


def event(name: str, data: Any) -> str:
    """One event with JSON data."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def error_event(error: OndolError, language: Language) -> str:
    return event("error", error_row(error, language))


async def stream(request: Request, events: Generator[str], *, failed: Any = error_event) -> StreamingResponse:
    """Send `events` as they come; when the client goes, they are closed.

    The first one is waited for, so that a mistake before it has its own status; one after it is the last event.

    Args:
        failed: (error, language) → that event.
    """
    pieces = _pull(request, events)
    try:
        first = await anext(pieces, "")
    except BaseException:
        await pieces.aclose()
        raise
    language = language_of(request.headers.get("accept-language"))

    async def rest() -> AsyncIterator[str]:
        async with aclosing(pieces):
            yield first
            try:
                async for piece in pieces:
                    yield piece
            except OndolError as error:
                yield failed(error, language)
            except Exception as error:  # the answer has begun, so its status cannot tell any more
                yield failed(failure(error), language)

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return _ClosingResponse(rest(), media_type="text/event-stream", headers=headers)


async def collect(request: Request, pieces: Generator[T]) -> list[T]:
    """Everything that comes, at once; when the client goes, `pieces` are closed and what came is of no use."""
    async with aclosing(_pull(request, pieces)) as found:
        return [piece async for piece in found]


class _ClosingResponse(StreamingResponse):
    async def stream_response(self, send: Send) -> None:
        async with aclosing(cast("Any", self.body_iterator)):
            await super().stream_response(send)


async def _pull(request: Request, pieces: Generator[T]) -> Any:
    steps = _Steps(pieces)
    try:
        while (piece := await _in_thread(steps.next)) is not END:
            if await request.is_disconnected():
                return
            yield piece
    finally:
        with anyio.CancelScope(shield=True):
            await _in_thread(steps.close)


class _Steps:
    """An iterator whose `close` waits for a step that runs: the task that waited for it may have been cancelled."""

    def __init__(self, pieces: Generator[Any]) -> None:
        self._pieces, self._stepping = pieces, threading.Lock()

    def next(self) -> Any:
        with self._stepping:
            return next(self._pieces, END)

    def close(self) -> None:
        with self._stepping:
            self._pieces.close()


async def _in_thread(work: Callable[[], Any]) -> Any:
    try:
        limiter = _limiter.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(STREAMS)
        _limiter.set(limiter)
    return await anyio.to_thread.run_sync(work, limiter=limiter)
