"""POST /api/ask."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from functools import partial
from typing import Any, cast

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from langchain_core.documents import Document
from pydantic import Field

from ondol.answer.ask import read_documents, write_answer
from ondol.answer.without_documents import stream_model
from ondol.chat.conversation import Conversation
from ondol.chat.graph import Chat
from ondol.chat.threads import ThreadStore
from ondol.errors import NotFound, UsageError
from ondol.prompts.load import open_prompts
from ondol.readers.contract import Reader
from ondol.retrieve.search import hit_row
from ondol.server.api.answers import Answered, Event, tell
from ondol.server.api.hits import Searching
from ondol.server.api.parts import ERRORS, LONGEST_NAME, Parts
from ondol.server.api.search import LONGEST_QUESTION
from ondol.server.api.thread_names import find_thread, name_first_question
from ondol.server.api.turns import Heard, ToldRetriever, Turn
from ondol.server.engine import Engine
from ondol.server.offers import check_offered
from ondol.server.openai.asked import client_of
from ondol.server.sse import collect, event, stream

router = APIRouter(prefix="/api", tags=["ask"], responses=ERRORS)
EVENT = {"type": "object", "properties": {"event": {"type": "string"}, "data": {"type": "string"}}}
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": Answered,
        "description": "Events: queue {position}, hits {hits}, thinking {text}, token {text}, answer (this model), "
        "error {message, hint, code}. With `Accept: application/json` the answer at once.",
        "content": {"text/event-stream": {"schema": EVENT}},
    }
}


class Question(Searching):
    question: str = Field(max_length=LONGEST_QUESTION, description="In English or Korean.")
    collection: str | None = Field(default=None, max_length=LONGEST_NAME, description="The thread's, or the settings'.")
    model: str | None = Field(
        default=None, max_length=LONGEST_NAME, description="One of GET /api/models, with runtime."
    )
    adapter: str | None = Field(default=None, max_length=LONGEST_NAME, description="none for none.")
    reader: str | None = Field(default=None, max_length=LONGEST_NAME, description="none for none.")
    threshold: float | None = Field(default=None, ge=0, le=1)
    thread: str | None = Field(default=None, max_length=LONGEST_NAME, description="Name or id of a conversation.")
    docs: bool | None = Field(default=None, description="False lets the model answer by itself.")


@router.post("/ask", response_model=Answered, responses=EVENTS)
async def ask(asked: Question, request: Request, engine: Parts) -> Response:
    """An answer with citations as it is written; closing the connection ends it.

    A conversation keeps what was written until then.
    """
    _check(asked, engine)
    work = partial(_in_thread if asked.thread else _alone, asked, engine)
    events = _events(engine.queue.run(client_of(request), work))
    if _wants_json(request.headers.get("accept", "")):
        rows = [data for name, data in await collect(request, events) if name == "answer"]
        return JSONResponse(rows[-1] if rows else {})
    return await stream(request, (event(name, data) for name, data in events))


def _wants_json(accepted: str) -> bool:
    return "application/json" in accepted and "text/event-stream" not in accepted


def _check(asked: Question, engine: Engine) -> None:
    """What can be told before the turn has come."""
    if not asked.question.strip():
        raise UsageError("The question is empty.", hint="Say something.")
    if asked.reader not in (None, "", "none", engine.settings.reader):
        raise NotFound("The server has no reader '{name}'.", hint="See: GET /api/settings", name=asked.reader)
    if asked.model or asked.adapter:
        check_offered(engine.settings, asked.model or engine.settings.model, asked.adapter or None)
    asked.to_config(engine.settings)


def _events(pieces: Generator[int | Event]) -> Generator[Event]:
    """A number is the place in the queue."""
    with closing(pieces):
        for piece in pieces:
            yield ("queue", {"position": piece}) if isinstance(piece, int) else piece


def _alone(asked: Question, engine: Engine) -> Iterator[Event]:
    """A question by itself; hits are told before the model is opened."""
    about = {"id": secrets.token_hex(8), "thread": None}
    with ExitStack() as stack:
        if asked.docs is False:
            model = stack.enter_context(engine.model(asked.model, asked.adapter or "none"))
            yield from tell(stream_model(asked.question, model), **about)
            return
        retriever = stack.enter_context(engine.retriever(asked.collection, asked.to_config(engine.settings)))
        reading = read_documents(
            asked.question, retriever, reader=_reader(asked, engine), threshold=_threshold(asked, engine)
        )
        yield _hits(reading.hits)
        model = stack.enter_context(engine.model(asked.model, asked.adapter or None))
        yield from tell(write_answer(reading, model, prompts=open_prompts(engine.settings.home)), **about)


def _in_thread(asked: Question, engine: Engine) -> Iterator[Event]:
    """The next question of a conversation, which remembers how it was continued."""
    with ExitStack() as stack:
        store = stack.enter_context(ThreadStore(engine.settings.home))
        thread = find_thread(store, str(asked.thread))
        docs = thread.docs if asked.docs is None else asked.docs
        spec = asked.model or engine.settings.model
        turn, chat = Turn(), Chat(model=cast("Any", None), threshold=_threshold(asked, engine), system=thread.system)
        if docs:
            config, collection = asked.to_config(engine.settings), asked.collection or thread.collection
            lent = stack.enter_context(engine.retriever(collection, config))
            chat.retriever = ToldRetriever(
                library=lent.library, config=lent.config, reranker=lent.reranker, tell=turn.hear
            )
            chat.reader = _reader(asked, engine)
        chat.model = stack.enter_context(engine.model(asked.model, asked.adapter or (None if docs else "none")))
        conversation = stack.enter_context(Conversation(store, thread, chat))
        name_first_question(conversation, asked.question)
        kept = {"collection": asked.collection or thread.collection, "docs": docs, "model": spec}
        if any(getattr(thread, name) != value for name, value in kept.items()):
            conversation.change(**kept)
        about = {"id": secrets.token_hex(8), "thread": conversation.thread.name}
        with closing(cast("Generator[Heard]", turn.say(conversation, asked.question))) as pieces:
            yield from _told(pieces, about)


def _told(pieces: Iterator[Heard], about: dict[str, Any]) -> Iterator[Event]:
    for piece in pieces:
        if isinstance(piece, list):
            yield _hits(piece)
        else:
            yield from tell(iter([piece]), **about)


def _hits(hits: list[Document]) -> Event:
    return "hits", {"hits": [hit_row(hit) for hit in hits]}


def _reader(asked: Question, engine: Engine) -> Reader | None:
    return None if asked.reader == "none" else engine.reader()


def _threshold(asked: Question, engine: Engine) -> float:
    return engine.settings.threshold if asked.threshold is None else asked.threshold
