"""POST /v1/embeddings."""

from __future__ import annotations

import base64
from typing import Any, Literal

import numpy as np
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from ondol.embeddings.contract import Matrix
from ondol.errors import UsageError
from ondol.server.engine import Engine
from ondol.server.openai.asked import check_length
from ondol.server.openai.citations import NAME

router = APIRouter()
MOST = 2048
"""Texts of one request, as OpenAI allows."""


class EmbeddingsAsked(BaseModel):
    model_config = ConfigDict(extra="ignore")

    model: str = Field(min_length=1, max_length=500)
    input: Any
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: int | None = None
    input_type: Literal["query", "passage"] = "passage"
    """What the texts are, for embedders that tell questions from passages; ondol's own field."""


@router.post("/v1/embeddings")
def embed(request: Request, asked: EmbeddingsAsked) -> dict[str, Any]:
    engine: Engine = request.app.state.engine
    texts = read_input(asked.input)
    embedder = engine.embedder(None if asked.model == NAME else asked.model)
    size = embedder.fingerprint.dimension
    if asked.dimensions not in (None, size):
        raise UsageError(
            "{model} gives {size} dimensions and no other number.", hint="Leave dimensions out.",
            model=asked.model, size=size, param="dimensions",
        )  # fmt: skip
    vectors = embedder.embed_array(texts, asked.input_type)
    tokens = sum(map(embedder.count_tokens, texts))
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": place, "embedding": row}
            for place, row in enumerate(write_vectors(vectors, asked.encoding_format))
        ],
        "model": asked.model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def read_input(given: Any) -> list[str]:
    """One text or several.

    Raises:
        UsageError: something else, such as token numbers, which mean nothing to another model.
    """
    texts = [given] if isinstance(given, str) else given
    if isinstance(texts, list) and any(isinstance(row, int | list) for row in texts):
        raise UsageError(
            "The input holds token numbers, and those of another model mean nothing here.",
            hint="Send texts; LangChain's OpenAIEmbeddings does with check_embedding_ctx_length=False.", param="input",
        )  # fmt: skip
    if not isinstance(texts, list) or not texts or not all(isinstance(row, str) and row for row in texts):
        raise UsageError("The input is no text and no list of texts.", hint="None may be empty.", param="input")
    if len(texts) > MOST:
        raise UsageError("{count} texts are too many.", hint="Send {most} at most.", count=len(texts), most=MOST)
    check_length(texts, param="input")
    return texts


def write_vectors(vectors: Matrix, form: str | None) -> list[Any]:
    """Lists of numbers, or the bytes of little-endian float32 in base64."""
    if form != "base64":
        rows: list[Any] = vectors.tolist()
        return rows
    return [base64.b64encode(np.ascontiguousarray(row, "<f4").tobytes()).decode() for row in vectors]
