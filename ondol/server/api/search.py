"""POST /api/search."""

from __future__ import annotations

from asyncio import get_running_loop
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field

from ondol.errors import UsageError
from ondol.server.api.hits import Hit, Searching
from ondol.server.api.parts import ERRORS, LONGEST_NAME, Parts, Shape

router = APIRouter(prefix="/api", tags=["search"], responses=ERRORS)
LONGEST_QUESTION = 20_000
"""Characters."""


class Query(Searching):
    query: str = Field(max_length=LONGEST_QUESTION, description="What to look for; what stands in quotes comes first.")
    collection: str | None = Field(default=None, max_length=LONGEST_NAME)


class Times(Shape):
    """Wall milliseconds."""

    embed: float
    search: float
    total: float


class Found(Shape):
    query: str
    mode: str
    hits: list[Hit]
    ms: Times
    explain: dict[str, Any] = Field(description="What the question was taken for, and what was left out.")


@router.post("/search", response_model=Found)
async def search(asked: Query, engine: Parts) -> JSONResponse:
    """The passages that fit best, as `ondol search --json --explain`."""
    if not asked.query.strip():
        raise UsageError("The question is empty.", hint="Say something.")

    def work() -> JSONResponse:
        with engine.retriever(asked.collection, asked.to_config(engine.settings)) as retriever:
            return JSONResponse(retriever.search(asked.query).to_json(explain=True))

    return await get_running_loop().run_in_executor(engine.searchers, work)
