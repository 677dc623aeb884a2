"""A model with tools: an ordinary LangGraph runnable with limits, approval and fenced results, and its steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, RemoveMessage, ToolMessage
from langchain_core.messages.tool import ToolCall
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph.state import CompiledStateGraph

from ondol.agents.approval import Approval, Approve, refuse
from ondol.agents.calls import Calls
from ondol.agents.citations import Cited
from ondol.agents.config import AgentConfig
from ondol.agents.fence import Fence
from ondol.agents.limits import Limits
from ondol.agents.replies import thought_of
from ondol.agents.transcript import ToolStep, Transcript, write_step, write_transcript
from ondol.agents.turn import Turn
from ondol.answer.answer import Thought
from ondol.answer.draft import model_name, window_of
from ondol.embeddings.contract import TextEmbeddings
from ondol.errors import UsageError
from ondol.lang import nfc
from ondol.models.contract import LocalChatModel

Agent = CompiledStateGraph[Any, Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Called:
    """The model wants a tool; it has not run yet."""

    tool: str
    arguments: dict[str, Any]


Step = Thought | Called | ToolStep | Transcript
"""The transcript comes last."""


def make_agent(
    model: BaseChatModel,
    tools: Sequence[BaseTool | Callable[..., Any]],
    *,
    config: AgentConfig | None = None,
    approve: Approve = refuse,
    embeddings: TextEmbeddings | None = None,
    checkpointer: BaseCheckpointSaver[Any] | None = None,
) -> Agent:
    """An agent as `langchain.agents.create_agent` makes it.

    Args:
        tools: a tool without `metadata["effect"]` counts as one that writes, and its results as untrusted.
        approve: asked before a tool that writes or leaves the machine; nothing is allowed when it is not given.
            `ask_by_interrupt` stops the graph instead, for programs with a checkpointer.
        embeddings: checks citations across languages.

    Raises:
        UsageError: the model cannot call tools.
    """
    config = config or AgentConfig()
    _check_model(model)
    window = window_of(model)
    chars = min(config.result_chars, window) if window else config.result_chars
    return cast("Agent", create_agent(
        model, list(tools), checkpointer=checkpointer,
        middleware=[
            Turn(), Limits(config), Cited(embeddings), Calls(system=config.system),
            Approval(approve, allow=config.allow), Fence(result_chars=chars),
        ],
    ))  # fmt: skip


def run_agent(
    agent: Agent, question: str, *, history: Sequence[BaseMessage] = (), config: RunnableConfig | None = None
) -> Iterator[Step]:
    """Ask an agent, and follow what it does; closing the iterator ends the run at its next step.

    Args:
        history: earlier messages, for an agent without a checkpointer.
        config: such as the thread, for one with a checkpointer.

    Raises:
        UsageError: the question is empty.
    """
    question = nfc(question).strip()
    if not question:
        raise UsageError("The question is empty.", hint="Write it in quotes.")
    asked = HumanMessage(question)
    calls: dict[str, ToolCall] = {}
    said: dict[str, BaseMessage] = {}
    steps = agent.stream({"messages": [*history, asked]}, config, stream_mode="updates")
    for message in _new_messages(steps):
        new = str(message.id) not in said  # the last reply comes again when it was checked
        said[str(message.id)] = message
        if isinstance(message, AIMessage) and new:
            calls |= {str(call["id"]): call for call in message.tool_calls}
            yield from _reply_steps(message)
        elif isinstance(message, ToolMessage) and message.tool_call_id in calls:
            yield write_step(calls[message.tool_call_id], message)
    yield write_transcript(question, list(said.values()))


def _reply_steps(message: AIMessage) -> Iterator[Step]:
    thought = thought_of(message).strip()
    if thought:
        yield Thought(thought)
    for call in message.tool_calls:
        yield Called(call["name"], call["args"])


def _new_messages(updates: Iterator[Any]) -> Iterator[BaseMessage]:
    """What the nodes of the graph added; a message that comes again takes the place of the first."""
    for update in updates:
        for change in update.values():
            for row in change.get("messages", []) if isinstance(change, dict) else []:
                if isinstance(row, BaseMessage) and not isinstance(row, RemoveMessage):
                    yield row


def _check_model(model: BaseChatModel) -> None:
    base = isinstance(model, LocalChatModel) and model.is_base
    if base or type(model).bind_tools is BaseChatModel.bind_tools:
        raise UsageError(
            "{model} cannot call tools.", hint="Take a model that was taught to chat, such as llama.cpp:qwen3-1.7b.",
            model=model_name(model),
        )  # fmt: skip
