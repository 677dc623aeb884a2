"""The model `ondol`: answers from a collection, with [n] in the text and the citations beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.messages.ai import UsageMetadata

from ondol.answer.answer import Answer, Thought
from ondol.chat.graph import Chat, Piece, answered_turns
from ondol.errors import UsageError
from ondol.prompts.load import open_prompts
from ondol.server.api.search import LONGEST_QUESTION
from ondol.server.engine import Engine
from ondol.server.openai.asked import check_length

NAME = "ondol"


def collection_of(model: str) -> str | None:
    """ "" for `ondol`, the collection's name for `ondol/NAME`, None for any other model."""
    if model == NAME:
        return ""
    return model.removeprefix(f"{NAME}/") if model.startswith(f"{NAME}/") else None


def answer_chunks(engine: Engine, collection: str, messages: Sequence[BaseMessage]) -> Iterator[AIMessageChunk]:
    """The answer to the last message in a model's chunks; citations are on the last one.

    Earlier turns make a question whole that leans on them. Raises as `ask`, and UsageError where the last message is
    no question.
    """
    said = [message for message in messages if isinstance(message, HumanMessage | AIMessage)]
    if not said or not isinstance(said[-1], HumanMessage):
        raise UsageError("The last message must be the user's question.", param="messages")
    question, history = said[-1].text, answered_turns(said[:-1])
    if not question.strip():
        raise UsageError("The question is empty.", hint="Say something.", param="messages")
    check_length([question], param="messages", most=LONGEST_QUESTION)
    for piece in _stream(engine, collection, question, history):
        yield as_chunk(piece)


def _stream(engine: Engine, collection: str, question: str, history: list[BaseMessage]) -> Iterator[Piece]:
    if not history:
        yield from engine.answer(question, collection or None)
        return
    with engine.retriever(collection or None, engine.searching()) as retriever, engine.model() as model:
        chat = Chat(
            model=model, retriever=retriever, reader=engine.reader(), threshold=engine.settings.threshold,
            prompts=open_prompts(engine.settings.home),
        )  # fmt: skip
        yield from chat.stream(question, history)


def as_chunk(piece: Piece) -> AIMessageChunk:
    match piece:
        case Answer():
            read, written = piece.usage["prompt_tokens"] or 0, piece.usage["completion_tokens"] or 0
            return AIMessageChunk(
                content="", additional_kwargs={"citations": [asdict(citation) for citation in piece.citations]},
                usage_metadata=UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written),
                response_metadata={"finish_reason": piece.finish_reason}, chunk_position="last",
            )  # fmt: skip
        case Thought(text):
            return AIMessageChunk(content="", additional_kwargs={"reasoning_content": text})
        case _:
            return AIMessageChunk(content=piece)
