"""/api/threads: the conversations that are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response
from pydantic import Field

from ondol.chat.conversation import Conversation
from ondol.chat.export import thread_json, thread_markdown
from ondol.chat.graph import Chat
from ondol.chat.thread import new_thread
from ondol.chat.threads import ThreadStore
from ondol.lang import nfc, translate
from ondol.library.collections import existing_folder
from ondol.server.api.parts import ERRORS, LONGEST_NAME, Asked, Parts, Shape, Spoken
from ondol.server.api.thread_names import UNNAMED, find_thread

router = APIRouter(prefix="/api/threads", tags=["threads"], responses=ERRORS)
Name = Annotated[str, Path(max_length=LONGEST_NAME, description="Name or id.")]
EXPORTED: dict[int | str, dict[str, Any]] = {200: {"content": {"text/markdown": {}, "application/json": {}}}}
FILES = {"md": "text/markdown; charset=utf-8", "json": "application/json"}


class Thread(Shape):
    id: str
    name: str
    collection: str
    model: str
    docs: bool = Field(description="False when the model answers by itself.")
    system: str
    turns: int
    created: float = Field(description="Seconds since 1970.")
    updated: float


class Threads(Shape):
    threads: list[Thread]


class Message(Shape):
    """Answers carry what was told with them: citations, short, abstained, quoted, agrees, and the
    collection that was searched.

    Abstentions carry the nearest hits, each with the beginning of its text.
    """

    role: Literal["user", "assistant"]
    content: str


class Conversed(Thread):
    messages: list[Message]


class NewThread(Asked):
    collection: str | None = Field(default=None, min_length=1, max_length=LONGEST_NAME)
    docs: bool = True
    name: str = Field(default="", max_length=LONGEST_NAME, description="Empty: its first question gives it one.")
    system: str = Field(default="", max_length=20_000, description="What a model that answers by itself is told.")


class NewName(Asked):
    name: str = Field(max_length=LONGEST_NAME)


class Undone(Shape):
    question: str = Field(description="That was taken back with its answer.")
    thread: Thread


def open_threads(engine: Parts) -> Iterator[ThreadStore]:
    with ThreadStore(engine.settings.home) as store:
        yield store


Store = Annotated[ThreadStore, Depends(open_threads)]


@router.get("")
def list_threads(store: Store) -> Threads:
    """The latest first."""
    return Threads(threads=[Thread(**thread.to_json()) for thread in store.list()])


@router.post("", status_code=201)
def make_thread(asked: NewThread, engine: Parts, store: Store, language: Spoken) -> Thread:
    collection = nfc(asked.collection or engine.settings.collection)
    if asked.docs and asked.collection:
        existing_folder(engine.settings.home, collection)
    made = new_thread(
        name=asked.name, collection=collection, model=engine.settings.model, docs=asked.docs, system=asked.system
    )
    return Thread(**store.add(made, name=translate(UNNAMED, language=language)).to_json())


@router.get("/{name:path}/export", response_class=Response, responses=EXPORTED)
def export(name: Name, store: Store, format: Annotated[Literal["md", "json"], Query()] = "md") -> Response:  # noqa: A002
    """The conversation as a file."""
    thread = find_thread(store, name)
    messages = store.messages(thread)
    text = (
        thread_markdown(thread, messages) if format == "md"
        else json.dumps(thread_json(thread, messages), ensure_ascii=False, indent=2) + "\n"
    )  # fmt: skip
    headers = {"Content-Disposition": f'attachment; filename="conversation.{format}"'}
    return Response(text.encode("utf-8", "replace"), media_type=FILES[format], headers=headers)


@router.post("/{name:path}/undo")
def undo(name: Name, store: Store) -> Undone:
    """Take the last question and its answer back; asking again is a retry, asking something else an edit."""
    with Conversation(store, find_thread(store, name), Chat(model=cast("Any", None))) as conversation:
        question = conversation.undo()
        return Undone(question=question, thread=Thread(**conversation.thread.to_json()))


@router.get("/{name:path}")
def show_thread(name: Name, store: Store) -> Conversed:
    thread = find_thread(store, name)
    return Conversed.model_validate(thread_json(thread, store.messages(thread)))


@router.patch("/{name:path}")
def rename(name: Name, asked: NewName, store: Store) -> Thread:
    thread = find_thread(store, name)
    with store.hold(thread):
        return Thread(**store.update(thread, name=asked.name).to_json())


@router.delete("/{name:path}")
def remove(name: Name, store: Store) -> Thread:
    """Remove a conversation for good."""
    thread = find_thread(store, name)
    store.remove(thread)
    return Thread(**thread.to_json())
