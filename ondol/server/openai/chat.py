"""POST /v1/chat/completions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from langchain_core.messages import AIMessageChunk, BaseMessage, convert_to_messages
from pydantic import Field

from ondol.errors import UsageError
from ondol.server.engine import Engine
from ondol.server.offers import PLAIN, Offer, find_offer
from ondol.server.openai.asked import Asked, check_length, client_of
from ondol.server.openai.citations import answer_chunks, collection_of
from ondol.server.openai.told import Told, error_data
from ondol.server.sse import collect, stream

router = APIRouter()
Row = dict[str, Any]
LEAST, MOST_LEAST = ("minItems", "minLength", "minProperties"), 10_000
"""What a schema asks for at least, and how much of it: a grammar for 10^9 took all memory and ended the process."""
LONGEST_SCHEMA, DEEPEST, LONGEST_TOOL = 100_000, 100, 200
"""Characters and levels of all tools, or of a JSON schema, as JSON; characters of a tool's name. A grammar of 1 MB took
100 s to make."""


class ChatAsked(Asked):
    messages: list[Row] = Field(min_length=1, max_length=2000)
    tools: list[Row] | None = None
    tool_choice: str | Row | None = None
    parallel_tool_calls: bool | None = None
    response_format: Row | None = None


@router.post("/v1/chat/completions")
async def chat(request: Request, asked: ChatAsked) -> Response:
    asked.check()
    engine: Engine = request.app.state.engine
    pieces = engine.queue.run(client_of(request), _work(engine, asked))
    told = Told(model=asked.model)
    if asked.stream:
        return await stream(request, told.events(pieces, usage=asked.wants_usage), failed=error_data)
    return JSONResponse(told.whole(await collect(request, pieces)))


def _work(engine: Engine, asked: ChatAsked) -> Any:
    messages, collection = read_messages(asked.messages), collection_of(asked.model)
    if collection is None:
        offer, options = find_offer(engine.settings, asked.model), _options(asked)
        return lambda: write(engine, offer, messages, options, one_call=asked.parallel_tool_calls is False)
    if asked.tools or _schema(asked.response_format) is not None:
        param = "tools" if asked.tools else "response_format"
        raise UsageError(
            "The model ondol answers from documents and takes no {param}.", hint="Name another model: GET /v1/models",
            param=param,
        )  # fmt: skip
    return lambda: answer_chunks(engine, collection, messages)


def write(
    engine: Engine, offer: Offer, messages: list[BaseMessage], options: Row, *, one_call: bool = False
) -> Iterator[AIMessageChunk]:
    """What a model says by itself; with `one_call` it calls one tool at most."""
    with lend(engine, offer) as model:
        for chunk in model.stream_messages(messages, **options):
            yield _first_call(chunk) if one_call else chunk


def lend(engine: Engine, offer: Offer) -> Any:
    """The model, with the adapter that the server was started with where it is that model and no other is named."""
    own = engine.adapter is not None and offer.spec == engine.settings.model and offer.adapter == PLAIN
    return engine.model(offer.spec, None if own else offer.adapter)


def read_messages(rows: list[Row]) -> list[BaseMessage]:
    """OpenAI's messages as LangChain's.

    Raises:
        UsageError: a row is none, or they are too long.
    """
    try:
        messages = convert_to_messages([_row(row) for row in rows])
    except (ValueError, TypeError, KeyError, AttributeError, NotImplementedError) as error:
        raise UsageError(
            "The messages are not OpenAI's.", hint='Each is {{"role": …, "content": …}}.', param="messages"
        ) from error
    check_length((message.text for message in messages), param="messages")
    return messages


def _first_call(chunk: AIMessageChunk) -> AIMessageChunk:
    """Calls after the first one are left out; a chunk holds whole calls or a part of one."""
    return chunk.model_copy(update={"tool_call_chunks": [row for row in chunk.tool_call_chunks if not row["index"]]})


def _row(row: Row) -> Row:
    role, content = row["role"], row.get("content")
    if role not in ("system", "developer", "user", "assistant", "tool"):
        raise ValueError(role)
    if content is None and role != "assistant":
        raise ValueError(content)
    if not isinstance(content, str | list | None):
        raise TypeError(content)
    if isinstance(content, list):
        content = "".join(_text(part) for part in content)
    kept = {name: row[name] for name in ("tool_calls", "tool_call_id", "name") if row.get(name)}
    return {"role": "system" if role == "developer" else role, "content": content or "", **kept}


def _text(part: Row) -> str:
    if part["type"] != "text":
        raise UsageError("This server reads text only.", hint="Leave pictures and sound out.", param="messages")
    if not isinstance(part["text"], str):
        raise TypeError(part)
    return part["text"]


def _options(asked: ChatAsked) -> Row:
    schema, tools = _schema(asked.response_format), asked.tools
    if tools and not all(map(_is_tool, tools)):
        raise UsageError(
            "A tool is none of OpenAI's.", param="tools",
            hint='Each is {{"type": "function", "function": {{"name": …, "parameters": a JSON schema}}}}.',
        )  # fmt: skip
    _check_schema("tools", tools or [])
    _check_schema("response_format", schema or {})
    offered = {"tools": tools, "tool_choice": asked.tool_choice} if tools else {}
    return {**asked.sampling(), **offered, **({} if schema is None else {"json_schema": schema})}


def _check_schema(param: str, schema: Any) -> None:
    """Raises UsageError where a grammar would take long to make, or more levels than a program has."""
    level, least = [schema], 0.0
    for _ in range(DEEPEST):
        rows = [list(row.items()) if isinstance(row, dict) else [("", part) for part in row] for row in level]
        inner = [pair for row in rows for pair in row]
        level = [part for _, part in inner if isinstance(part, dict | list)]
        least = max([least, *(part for name, part in inner if name in LEAST and isinstance(part, int | float))])
    if least > MOST_LEAST:
        raise UsageError("{param} asks for {least} parts at least.", hint="Ask for fewer.", param=param, least=least)
    if level:
        raise UsageError(
            "{param} has more than {most} levels.", hint="Make it flatter, or use $ref.", param=param, most=DEEPEST
        )
    check_length([json.dumps(schema)], param=param, most=LONGEST_SCHEMA)


def _is_tool(tool: Row) -> bool:
    function = tool.get("function")
    if not isinstance(function, dict) or not isinstance(function.get("parameters") or {}, dict):
        return False
    name, about = function.get("name"), function.get("description") or ""
    return isinstance(name, str) and name.isprintable() and 0 < len(name) <= LONGEST_TOOL and isinstance(about, str)


def _schema(form: Row | None) -> Row | None:
    """The JSON schema that the answer must fit, None for any text."""
    kind = (form or {"type": "text"}).get("type")
    if kind == "text":
        return None
    if kind == "json_object":
        return {"type": "object"}
    named = (form or {}).get("json_schema")
    schema = named.get("schema") if isinstance(named, dict) else None
    if kind != "json_schema" or not isinstance(schema, dict):
        raise UsageError(
            "response_format is none of OpenAI's.", hint="It takes text, json_object, or json_schema with a schema.",
            param="response_format",
        )  # fmt: skip
    return schema
