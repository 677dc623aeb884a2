"""POST /v1/completions: text that goes on from a prompt, without a chat template."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from langchain_core.messages import AIMessageChunk

from ondol.errors import UsageError
from ondol.lang import nfc
from ondol.server.engine import Engine
from ondol.server.offers import find_offer
from ondol.server.openai.asked import Asked, check_length, client_of
from ondol.server.openai.chat import lend
from ondol.server.openai.citations import collection_of
from ondol.server.openai.told import Told, error_data
from ondol.server.sse import collect, stream

router = APIRouter()


class PromptAsked(Asked):
    prompt: str | list[str]

    @property
    def text(self) -> str:
        rows = [self.prompt] if isinstance(self.prompt, str) else self.prompt
        if len(rows) != 1 or not rows[0]:
            raise UsageError("One prompt is answered at a time, and it is not empty.", param="prompt")
        check_length(rows, param="prompt")
        return nfc(rows[0])


@router.post("/v1/completions")
async def complete(request: Request, asked: PromptAsked) -> Response:
    asked.check()
    engine: Engine = request.app.state.engine
    if collection_of(asked.model) is not None:
        raise UsageError("The model ondol answers in chats.", hint="Use /v1/chat/completions.", param="model")
    offer, prompt, sampling = find_offer(engine.settings, asked.model), asked.text, asked.sampling()

    def write() -> Iterator[AIMessageChunk]:
        with lend(engine, offer) as model:
            yield from model.stream_completion(prompt, **sampling)

    pieces, told = engine.queue.run(client_of(request), write), Told(model=asked.model, plain=True)
    if asked.stream:
        return await stream(request, told.events(pieces, usage=asked.wants_usage), failed=error_data)
    return JSONResponse(told.whole(await collect(request, pieces)))
