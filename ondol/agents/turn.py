"""What belongs to the person's last question: its messages, when it began, and whose untrusted text was read."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NotRequired

from langchain.agents.middleware import AgentMiddleware, AgentState
from langchain.agents.middleware.types import PrivateStateAttr
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langgraph.runtime import Runtime


class TurnState(AgentState[Any]):
    turn: NotRequired[Annotated[str, PrivateStateAttr]]
    """Id of the question's message. What calls itself a human message later is none: tools can write messages."""
    began: NotRequired[Annotated[float, PrivateStateAttr]]
    """Seconds since the epoch: a run that waits for a person may go on in another process."""
    untrusted: NotRequired[Annotated[list[str], PrivateStateAttr]]
    """Names of tools whose untrusted text has entered since the question."""


State = Mapping[str, Any]


class Turn(AgentMiddleware[TurnState, Any, Any]):
    """Notes where the turn begins and what untrusted text comes in, also when the messages are shortened later."""

    state_schema = TurnState

    def before_agent(self, state: TurnState, runtime: Runtime[Any]) -> dict[str, Any]:  # noqa: ARG002
        asked = next((row for row in reversed(state["messages"]) if isinstance(row, HumanMessage)), None)
        turn = str(asked.id) if asked else ""
        known = {**state, "turn": turn, "untrusted": state.get("untrusted") if turn == state.get("turn") else []}
        return {"turn": turn, "began": time.time(), "untrusted": untrusted_of(known)}

    def before_model(self, state: TurnState, runtime: Runtime[Any]) -> dict[str, Any]:  # noqa: ARG002
        return {"untrusted": untrusted_of(state)}

    async def abefore_agent(self, state: TurnState, runtime: Runtime[Any]) -> dict[str, Any]:
        return self.before_agent(state, runtime)

    async def abefore_model(self, state: TurnState, runtime: Runtime[Any]) -> dict[str, Any]:
        return self.before_model(state, runtime)


def messages_of(state: State) -> list[BaseMessage]:
    """The messages behind the question; all of them where it has been taken out."""
    messages: Sequence[BaseMessage] = state.get("messages", [])
    turn = state.get("turn")
    place = next((number for number, row in enumerate(messages) if turn and row.id == turn), -1)
    return list(messages[place + 1 :])


def untrusted_of(state: State) -> list[str]:
    """Names of tools whose untrusted text stands in the turn; a result that nobody marked counts as untrusted."""
    read = [
        str(row.name or "?")
        for row in messages_of(state)
        if isinstance(row, ToolMessage) and row.response_metadata.get("untrusted", True)
    ]
    return list(dict.fromkeys([*(state.get("untrusted") or []), *read]))


def replies_of(state: State) -> list[AIMessage]:
    return [row for row in messages_of(state) if isinstance(row, AIMessage)]


def results_of(state: State) -> list[ToolMessage]:
    return [row for row in messages_of(state) if isinstance(row, ToolMessage)]
