"""What routes are given: the engine, the reader's language, a collection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict

from ondol.lang import Language
from ondol.library.library import Library
from ondol.server.engine import Engine
from ondol.server.errors import language_of

LONGEST_NAME = 300
"""Characters of a collection's name, a spec, a conversation's name."""


class Shape(BaseModel):
    """Of an answer; fields may be added."""

    model_config = ConfigDict(extra="allow")


class Asked(BaseModel):
    """Of a request; what nobody knows is a mistake."""

    model_config = ConfigDict(extra="forbid")


class Error(BaseModel):
    message: str
    hint: str
    code: str


class Failed(BaseModel):
    error: Error


CODES = {
    400: "usage", 401: "forbidden", 403: "forbidden", 404: "not_found", 408: "usage", 413: "too_large", 422: "unusable",
    429: "busy", 500: "backend", 501: "missing_extra", 502: "backend", 504: "backend",
}  # fmt: skip
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": Failed, "description": f"error.code is {code}"} for status, code in CODES.items()
}
"""What every route may answer, for the OpenAPI description."""


def engine_of(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


def spoken(request: Request) -> Language:
    """The language that is asked for by `Accept-Language`."""
    return language_of(request.headers.get("accept-language"))


Parts = Annotated[Engine, Depends(engine_of)]
Spoken = Annotated[Language, Depends(spoken)]
CollectionName = Annotated[
    str | None, Query(alias="collection", max_length=LONGEST_NAME, description="The settings' when not given.")
]


def open_here(engine: Parts, collection: CollectionName = None) -> Iterator[Library]:
    with engine.library(collection) as library:
        yield library


Here = Annotated[Library, Depends(open_here)]
"""The collection that the request names; 404 with the nearest name when there is none."""
