"""Server-sent events from an iterator that works in a thread, and what becomes of it when the client goes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Generator
from contextlib import aclosing
from typing import Any, TypeVar, cast

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.types import Send

from ondol.errors import OndolError
from ondol.lang import Language
from ondol.server.errors import error_row, failure, language_of
from ondol.server.pull import pull

T = TypeVar("T")


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
    pieces = pull(request, events)
    try:
        first: list[str] = await anext(pieces, [])
    except BaseException:
        await pieces.aclose()
        raise
    language = language_of(request.headers.get("accept-language"))

    async def rest() -> AsyncIterator[str]:
        async with aclosing(pieces):
            yield "".join(first)
            try:
                async for given in pieces:
                    yield "".join(given)
            except OndolError as error:
                yield failed(error, language)
            except Exception as error:  # the answer has begun, so its status cannot tell any more
                yield failed(failure(error), language)

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return _ClosingResponse(rest(), media_type="text/event-stream", headers=headers)


async def collect(request: Request, pieces: Generator[T]) -> list[T]:
    """Everything that comes, at once; when the client goes, `pieces` are closed and what came is of no use."""
    async with aclosing(pull(request, pieces, whole=True)) as found:
        return [piece async for given in found for piece in given]


class _ClosingResponse(StreamingResponse):
    async def stream_response(self, send: Send) -> None:
        async with aclosing(cast("Any", self.body_iterator)):
            await super().stream_response(send)
