"""Calls that a small model gets wrong: told to it in a line that says what is expected."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import BaseTool
from langgraph.prebuilt.tool_node import ToolCallRequest
from pydantic import ValidationError

from ondol.agents.fence import Result
from ondol.agents.prompt import system_text
from ondol.agents.replies import clean_reply, forget
from ondol.agents.turn import TurnState, replies_of
from ondol.tokens.neutraliser import restore

MOST_PROBLEMS = 3
TYPES = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,),
    "object": (dict,),
}  # fmt: skip


class Calls(AgentMiddleware[TurnState, Any, Any]):
    """Gives the model its history without thoughts, makes its reply well formed, and checks each call first."""

    state_schema = TurnState

    def __init__(self, *, system: str = "") -> None:
        super().__init__()
        self._system = system

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        return _clean(request, handler(self._prepare(request)))

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        return _clean(request, await handler(self._prepare(request)))

    def wrap_tool_call(self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Result]) -> Result:
        problem = _problem(request)
        return _told(request, problem) if problem else handler(_restored(request))

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[Result]]
    ) -> Result:
        problem = _problem(request)
        return _told(request, problem) if problem else await handler(_restored(request))

    def _prepare(self, request: ModelRequest[Any]) -> ModelRequest[Any]:
        asked = next((row.text for row in reversed(request.messages) if isinstance(row, HumanMessage)), "")
        told = SystemMessage(self._system or system_text(asked))
        messages: list[Any] = [forget(row) for row in request.messages]
        return request.override(messages=messages, system_message=told)


def check_arguments(tool: BaseTool, arguments: Mapping[str, Any]) -> str:
    """What is wrong with the arguments, empty when nothing is."""
    schema = tool.tool_call_schema
    problems = _check_json(schema, arguments) if isinstance(schema, dict) else _check_model(tool, arguments)
    return "; ".join(list(problems)[:MOST_PROBLEMS])


def expected(tool: BaseTool) -> str:
    """The arguments of a tool in a line: `query (string), k (integer, may be left out)`."""
    schema: Any = tool.tool_call_schema
    rows = schema if isinstance(schema, dict) else schema.model_json_schema()
    needed = rows.get("required", [])
    named = [
        f"{name} ({_type(row)}{'' if name in needed else ', may be left out'})"
        for name, row in rows.get("properties", {}).items()
    ]
    return ", ".join(named) or "no arguments"


def _check_model(tool: BaseTool, arguments: Mapping[str, Any]) -> Iterator[str]:
    """By the whole model, which has its own validators; what the graph puts in itself is not there yet."""
    offered: Any = tool.tool_call_schema
    whole: Any = tool.get_input_schema()
    try:
        whole.model_validate(dict(arguments))
    except ValidationError as error:
        for row in error.errors(include_url=False, include_input=False):
            if not row["loc"] or row["loc"][0] in offered.model_fields:
                yield f"{'.'.join(map(str, row['loc'])) or 'arguments'}: {row['msg']}"


def _check_json(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> Iterator[str]:
    """What JSON schema calls required and type; the tool's owner checks the rest."""
    known = schema.get("properties", {})
    yield from (f"{name}: is missing" for name in schema.get("required", []) if name not in arguments)
    for name, value in arguments.items():
        wanted = known.get(name, {}).get("type") if isinstance(known.get(name, {}), dict) else None
        kinds = TYPES.get(wanted) if isinstance(wanted, str) else None
        if kinds and (not isinstance(value, kinds) or (isinstance(value, bool) and wanted != "boolean")):
            yield f"{name}: is no {wanted}"
        if name not in known and schema.get("additionalProperties") is False:
            yield f"{name}: is not known"


def _type(row: Mapping[str, Any]) -> str:
    if "enum" in row:
        return " or ".join(map(repr, row["enum"]))
    kinds = [str(part.get("type", "object")) for part in row.get("anyOf", [])]
    return " or ".join(kind for kind in kinds if kind != "null") or str(row.get("type", "any"))


def _problem(request: ToolCallRequest) -> str:
    call, tool = request.tool_call, request.tool
    if tool is None:
        known = ", ".join(row.name for row in request.runtime.tools)
        return f"There is no tool '{call['name']}'. Tools: {known or 'none'}."
    reply = next(iter(reversed(replies_of(request.state))), None)
    if reply is not None and call["id"] in reply.response_metadata.get("unreadable", []):
        return f"{tool.name} did not run: the arguments were no JSON object. It takes: {expected(tool)}."
    wrong = check_arguments(tool, call["args"])
    return f"{tool.name} did not run: {wrong}. It takes: {expected(tool)}." if wrong else ""


def _told(request: ToolCallRequest, problem: str) -> ToolMessage:
    return ToolMessage(
        problem, name=request.tool_call["name"], tool_call_id=request.tool_call["id"], status="error",
        response_metadata={"mistake": True, "untrusted": False},
    )  # fmt: skip


def _restored(request: ToolCallRequest) -> ToolCallRequest:
    """A model that copies a fenced text into a call gives the tool what stood in the source."""
    call = request.tool_call
    return request.override(tool_call={**call, "args": _restore(call["args"])})


def _restore(value: Any) -> Any:
    if isinstance(value, str):
        return restore(value)
    if isinstance(value, list):
        return [_restore(item) for item in value]
    return {key: _restore(item) for key, item in value.items()} if isinstance(value, dict) else value


def _clean(request: ModelRequest[Any], response: ModelResponse[Any]) -> ModelResponse[Any]:
    offered = frozenset(tool.name for tool in request.tools if isinstance(tool, BaseTool))
    used = {call["id"] for row in request.messages if isinstance(row, AIMessage) for call in row.tool_calls}
    rows = [clean_reply(row, offered, used) if isinstance(row, AIMessage) else row for row in response.result]
    return ModelResponse(result=rows, structured_response=response.structured_response)
