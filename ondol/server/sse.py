"""Server-sent events from an iterator that works in a thread, and what becomes of it when the client goes."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import aclosing, closing
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
LOOK_S = 0.3
"""How often it is looked whether the client is still there."""
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
    loop, said, ended = asyncio.get_running_loop(), asyncio.Queue[Any](), threading.Event()

    def work() -> None:
        """One thread for all of them: to change threads for every word takes longer than to send it."""

        def say(piece: Any) -> None:
            loop.call_soon_threadsafe(said.put_nowait, piece)

        try:
            with closing(pieces):
                for piece in pieces:
                    say(piece)
                    if ended.is_set():
                        break
            say(END)
        except BaseException as error:  # it is raised where the pieces are read
            say(error)

    working = asyncio.create_task(_in_thread(work))
    watching = asyncio.create_task(_watch(request, ended))
    try:
        while (piece := await said.get()) is not END:
            if isinstance(piece, BaseException):
                raise piece
            yield piece
    finally:
        ended.set()
        watching.cancel()
        with anyio.CancelScope(shield=True):
            await working


async def _watch(request: Request, ended: threading.Event) -> None:
    """Set `ended` when the client has gone."""
    while not await request.is_disconnected():
        await asyncio.sleep(LOOK_S)
    ended.set()


async def _in_thread(work: Callable[[], Any]) -> Any:
    try:
        limiter = _limiter.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(STREAMS)
        _limiter.set(limiter)
    return await anyio.to_thread.run_sync(work, limiter=limiter)
