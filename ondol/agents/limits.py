"""An end for every run: replies, calls, time, repeated calls and mistakes are counted since the question."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import takewhile
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse, hook_config
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables.config import RunnableConfig, ensure_config, merge_configs, set_config_context
from langgraph.runtime import Runtime

from ondol.agents.config import AgentConfig
from ondol.agents.fence import unfence
from ondol.agents.replies import call_key
from ondol.agents.turn import State, TurnState, replies_of, results_of
from ondol.lang import detect_language, translate
from ondol.tokens.budget import ContextOverflow

FOUND = 5
"""Results that a stopped run tells, the last ones."""
FOUND_CHARS = 300
NOT_RUN = "This call did not run: {reason}"


class OutOfTime(Exception):
    """Raised at a token, to end a reply that is being written."""


class Deadline(BaseCallbackHandler):
    raise_error = True

    def __init__(self, ends: float) -> None:
        self._ends = ends

    def on_llm_new_token(self, *_: Any, **__: Any) -> None:
        if time.time() > self._ends:
            raise OutOfTime


class Limits(AgentMiddleware[TurnState, Any, Any]):
    """Ends a run with a last message that says why, and what was found so far."""

    state_schema = TurnState

    def __init__(self, config: AgentConfig) -> None:
        super().__init__()
        self.config = config

    @hook_config(can_jump_to=["end"])
    def before_model(self, state: TurnState, runtime: Runtime[Any]) -> dict[str, Any] | None:  # noqa: ARG002
        return self._end(state, self._spent(state))

    @hook_config(can_jump_to=["end"])
    def after_model(self, state: TurnState, runtime: Runtime[Any]) -> dict[str, Any] | None:  # noqa: ARG002
        last = state["messages"][-1]
        if not isinstance(last, AIMessage) or "stopped" in last.response_metadata:
            return None
        if not last.tool_calls:
            empty = not last.text.strip()
            return self._end(state, _reason(state, "no_answer", "The model wrote no answer.") if empty else None)
        return self._end(state, self._asked_too_much(state) or self._late(state))

    def after_agent(self, state: TurnState, runtime: Runtime[Any]) -> dict[str, Any] | None:  # noqa: ARG002
        """Note in the last message what was used of the limits."""
        last = state["messages"][-1]
        if not isinstance(last, AIMessage):
            return None
        told = {**last.response_metadata, "limits": self._used(state)}
        return {"messages": [last.model_copy(update={"response_metadata": told})]}

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        try:
            with set_config_context(self._watched(request.state)) as context:
                return context.run(handler, request)
        except (OutOfTime, ContextOverflow) as error:
            return self._broken_off(request.state, error)

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        try:
            return await handler(request)
        except ContextOverflow as error:
            return self._broken_off(request.state, error)

    @hook_config(can_jump_to=["end"])
    async def abefore_model(self, state: TurnState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        return self.before_model(state, runtime)

    @hook_config(can_jump_to=["end"])
    async def aafter_model(self, state: TurnState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        return self.after_model(state, runtime)

    async def aafter_agent(self, state: TurnState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        return self.after_agent(state, runtime)

    def _spent(self, state: State) -> dict[str, str] | None:
        most = self.config.model_calls
        if len(replies_of(state)) >= most:
            return _reason(state, "model_calls", "The limit of {most} replies of the model is reached.", most=most)
        if _wrong_in_a_row(state) > self.config.mistakes:
            return _reason(state, "mistakes", "The model made calls that cannot run, {count} replies in a row.",
                           count=_wrong_in_a_row(state))  # fmt: skip
        return self._late(state)

    def _asked_too_much(self, state: State) -> dict[str, str] | None:
        calls = [call for reply in replies_of(state) for call in reply.tool_calls]
        repeated, times = Counter(map(call_key, calls)).most_common(1)[0]
        if times > self.config.same_call:
            name = next(call["name"] for call in calls if call_key(call) == repeated)
            return _reason(state, "same_call", "The model asked {count} times for the same call of {tool}.",
                           count=times, tool=name)  # fmt: skip
        if len(calls) > self.config.tool_calls:
            return _reason(state, "tool_calls", "The limit of {most} calls of tools is reached.",
                           most=self.config.tool_calls)  # fmt: skip
        return None

    def _late(self, state: State) -> dict[str, str] | None:
        return self._time_is_up(state) if time.time() > self._ends(state) else None

    def _time_is_up(self, state: State) -> dict[str, str]:
        return _reason(state, "seconds", "The time of {most:g} seconds is up.", most=self.config.seconds)

    def _ends(self, state: State) -> float:
        return float(state.get("began") or time.time()) + self.config.seconds + _waited(state)

    def _watched(self, state: State) -> RunnableConfig:
        return merge_configs(ensure_config(), {"callbacks": [Deadline(self._ends(state))]})

    def _broken_off(self, state: State, error: Exception) -> ModelResponse[Any]:
        full = "The conversation does not fit into the model's window any more."
        reason = _reason(state, "window", full) if isinstance(error, ContextOverflow) else self._time_is_up(state)
        return ModelResponse(result=[_last_words(state, reason)])

    def _used(self, state: State) -> dict[str, dict[str, float]]:
        replies = [row for row in replies_of(state) if "stopped" not in row.response_metadata]
        seconds = max(0.0, time.time() - float(state.get("began") or time.time()) - _waited(state))
        used = {"model_calls": len(replies), "tool_calls": sum(len(row.tool_calls) for row in replies),
                "seconds": round(seconds, 3)}  # fmt: skip
        return {name: {"used": count, "most": getattr(self.config, name)} for name, count in used.items()}

    def _end(self, state: State, reason: dict[str, str] | None) -> dict[str, Any] | None:
        if reason is None:
            return None
        last = state["messages"][-1]
        open_calls = last.tool_calls if isinstance(last, AIMessage) else []
        answered = [
            ToolMessage(NOT_RUN.format(reason=reason["message"]), name=call["name"], tool_call_id=call["id"],
                        status="error", response_metadata={"untrusted": False, "skipped": True})
            for call in open_calls
        ]  # fmt: skip
        return {"jump_to": "end", "messages": [*answered, _last_words(state, reason)]}


def found_so_far(state: State) -> list[str]:
    """The last results of tools, one short line each."""
    good = [row for row in results_of(state) if row.status == "success"]
    return [f"{row.name}: {' '.join(unfence(row).split())[:FOUND_CHARS]}" for row in good[-FOUND:]]


def _language(state: State) -> Any:
    asked = next((row.text for row in reversed(state["messages"]) if isinstance(row, HumanMessage)), "")
    return detect_language(asked)


def _reason(state: State, limit: str, template: str, **values: Any) -> dict[str, str]:
    return {"limit": limit, "message": translate(template, language=_language(state), **values)}


def _last_words(state: State, reason: dict[str, str]) -> AIMessage:
    language, found = _language(state), found_so_far(state)
    head = translate("Stopped: {reason}", language=language, reason=reason["message"])
    if not found:
        return AIMessage(head, response_metadata={"stopped": reason})
    told = translate("Found so far:", language=language)
    return AIMessage("\n".join([head, told, *(f"- {row}" for row in found)]), response_metadata={"stopped": reason})


def _waited(state: State) -> float:
    """Seconds that a person took to approve."""
    return sum(float(row.response_metadata.get("approval", {}).get("waited", 0)) for row in results_of(state))


def _wrong_in_a_row(state: State) -> int:
    """The last replies that held nothing but wrong calls."""
    wrong = {row.tool_call_id: bool(row.response_metadata.get("mistake")) for row in results_of(state)}
    last = [reply for reply in reversed(replies_of(state)) if reply.tool_calls]
    return len(list(takewhile(lambda reply: all(wrong.get(str(call["id"])) for call in reply.tool_calls), last)))
