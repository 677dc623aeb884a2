"""What an agent did for one question, from its messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.messages.tool import ToolCall

from ondol.agents.fence import unfence
from ondol.agents.replies import thought_of
from ondol.answer.answer import Citation
from ondol.tokens.neutraliser import restore


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolStep:
    """One call and what came of it."""

    tool: str
    arguments: dict[str, Any]
    result: str
    """As the tool gave it, shortened where it was too long for the model."""
    status: str
    """success, or error where the call failed, was refused or did not run."""
    seconds: float = 0.0
    untrusted: bool = False
    """The result is text from documents, pages, databases or other programs."""
    approval: dict[str, Any] | None = None
    """For tools that write or leave the machine: effect, the untrusted tools read before, approved, and by what: asked,
    setting, or earlier refusal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """A run from the question to its answer."""

    question: str
    answer: str
    stopped: dict[str, str] | None = None
    """The limit that ended the run and the message about it; None where the model came to its end."""
    steps: list[ToolStep] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    dropped_marks: list[int] = field(default_factory=list)
    """Numbers of passages that do not say what the model cited them for; they were taken out of the answer."""
    limits: dict[str, Any] = field(default_factory=dict)
    """Of each limit what was used and the most."""
    model: str = ""
    usage: dict[str, int] = field(default_factory=lambda: {"prompt_tokens": 0, "completion_tokens": 0})
    """Of all replies together."""
    thinking: str = ""

    @property
    def approvals(self) -> list[dict[str, Any]]:
        """The calls that a person or a setting decided about, in order."""
        return [
            {"tool": step.tool, "arguments": step.arguments, **step.approval} for step in self.steps if step.approval
        ]

    def to_json(self) -> dict[str, Any]:
        """The transcript as `ondol agent --json` prints it."""
        return {**asdict(self), "approvals": self.approvals}


def write_transcript(question: str, messages: Sequence[BaseMessage]) -> Transcript:
    """From the messages behind the question."""
    replies = [row for row in messages if isinstance(row, AIMessage)]
    results = {row.tool_call_id: row for row in messages if isinstance(row, ToolMessage)}
    told = replies[-1].response_metadata if replies else {}
    calls = [call for reply in replies for call in reply.tool_calls]
    usages = [reply.usage_metadata for reply in replies if reply.usage_metadata]
    return Transcript(
        question=question,
        answer=restore(replies[-1].text) if replies else "",
        stopped=told.get("stopped"),
        steps=[write_step(call, results[str(call["id"])]) for call in calls if call["id"] in results],
        citations=[Citation(**row) for row in told.get("citations", [])],
        dropped_marks=list(told.get("dropped_marks", [])),
        limits=dict(told.get("limits", {})),
        model=next((str(row.response_metadata["model_name"]) for row in replies
                    if row.response_metadata.get("model_name")), ""),
        usage={
            "prompt_tokens": sum(row["input_tokens"] for row in usages),
            "completion_tokens": sum(row["output_tokens"] for row in usages),
        },
        thinking="\n\n".join(filter(None, (thought_of(reply).strip() for reply in replies))),
    )  # fmt: skip


def write_step(call: ToolCall, result: ToolMessage) -> ToolStep:
    told = result.response_metadata
    return ToolStep(
        tool=call["name"], arguments=call["args"], result=unfence(result), status=result.status,
        seconds=float(told.get("seconds", 0.0)), untrusted=bool(told.get("untrusted", True)),
        approval=told.get("approval"),
    )  # fmt: skip
