"""A person is asked before a tool writes or leaves the machine."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from threading import Lock
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain_core.messages import ToolMessage
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.types import Command, interrupt

from ondol.agents.fence import Result, effect_of
from ondol.agents.turn import TurnState, results_of, untrusted_of

REFUSED = "The person did not allow this call. Do not repeat it; go on without it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A call that waits for a person."""

    tool: str
    arguments: dict[str, Any]
    effect: str
    """write or network."""
    untrusted: list[str] = field(default_factory=list)
    """Tools whose untrusted text the model has read before it wanted this."""


Approve = Callable[[Proposal], bool]
"""Whether the call may run; called for one proposal at a time, perhaps from another thread."""


def refuse(proposal: Proposal) -> bool:  # noqa: ARG001
    """For programs that have nobody to ask."""
    return False


def ask_by_interrupt(proposal: Proposal) -> bool:
    """Stop the graph with the proposal, until `Command(resume=True)` or another value; it needs a checkpointer."""
    return interrupt(asdict(proposal)) is True


class Approval(AgentMiddleware[TurnState, Any, Any]):
    """The last door before a tool that writes or leaves the machine.

    When untrusted text was read since the question, the person is asked whatever was allowed in general. A tool that
    was refused once is refused for the rest of the turn without asking again.
    """

    state_schema = TurnState

    def __init__(self, approve: Approve, *, allow: bool = False) -> None:
        super().__init__()
        self._approve, self._allow, self._one = approve, allow, Lock()

    def wrap_tool_call(self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Result]) -> Result:
        told = self._decide(request)
        return _noted(handler(request), told) if told.get("approved", True) else _refused(request, told)

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[Result]]
    ) -> Result:
        told = self._decide(request)
        return _noted(await handler(request), told) if told.get("approved", True) else _refused(request, told)

    def _decide(self, request: ToolCallRequest) -> dict[str, Any]:
        """What is noted about the call; empty when nobody needs to be asked."""
        effect = effect_of(request.tool)
        if effect == "read":
            return {}
        call, untrusted = request.tool_call, untrusted_of(request.state)
        told = {"effect": effect, "untrusted": untrusted}
        if self._allow and not untrusted:
            return {**told, "approved": True, "by": "setting", "waited": 0.0}
        if any(_was_refused(row) and row.name == call["name"] for row in results_of(request.state)):
            return {**told, "approved": False, "by": "earlier refusal", "waited": 0.0}
        proposal = Proposal(tool=call["name"], arguments=call["args"], effect=effect, untrusted=untrusted)
        start = time.perf_counter()
        with self._one:
            approved = self._approve(proposal) is True
        return {**told, "approved": approved, "by": "asked", "waited": round(time.perf_counter() - start, 3)}


def _was_refused(message: ToolMessage) -> bool:
    return message.response_metadata.get("approval", {}).get("approved") is False


def _noted(result: Result, told: dict[str, Any]) -> Result:
    if told and isinstance(result, ToolMessage):
        return result.model_copy(update={"response_metadata": {**result.response_metadata, "approval": told}})
    return result


def _refused(request: ToolCallRequest, told: dict[str, Any]) -> ToolMessage | Command[Any]:
    return ToolMessage(
        REFUSED, name=request.tool_call["name"], tool_call_id=request.tool_call["id"], status="error",
        response_metadata={"approval": told, "untrusted": False},
    )  # fmt: skip
