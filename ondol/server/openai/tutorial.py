"""POST /api/generate, as tutorials of web services have it: one text in, one out."""

from __future__ import annotations

from fastapi import APIRouter, Request
from langchain_core.messages import AIMessageChunk, HumanMessage
from pydantic import BaseModel, Field

from ondol.server.api.search import LONGEST_QUESTION
from ondol.server.engine import Engine
from ondol.server.openai.asked import client_of
from ondol.server.openai.citations import answer_chunks
from ondol.server.sse import collect

router = APIRouter()


class Question(BaseModel):
    user_input: str = Field(min_length=1, max_length=LONGEST_QUESTION)


@router.post("/api/generate")
async def generate(request: Request, asked: Question) -> dict[str, str]:
    """The answer of the model `ondol`, with its [n]."""
    engine: Engine = request.app.state.engine
    messages = [HumanMessage(asked.user_input)]
    pieces = await collect(request, engine.queue.run(client_of(request), lambda: answer_chunks(engine, "", messages)))
    return {"answer": "".join(piece.text for piece in pieces if isinstance(piece, AIMessageChunk))}
