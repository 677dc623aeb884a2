"""How far an agent may go."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ondol.errors import UsageError

MOST_MODEL_CALLS = 500
"""Some ten steps of the graph each, so that LangGraph's own limit of 9,999 steps is never what ends a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentConfig:
    """Limits of one question, and what the agent is told about its role."""

    model_calls: int = 12
    """Replies of the model, calls of tools included."""
    tool_calls: int = 24
    seconds: float = 300.0
    """Wall time without the time a person takes to approve; looked at between steps and at every token of a model
    that streams. A tool that has begun is waited for."""
    same_call: int = 2
    """Times that one call with the same arguments runs; the next one ends the run."""
    mistakes: int = 2
    """Replies in a row that held nothing but wrong calls (no such tool, wrong arguments); the next one ends the run."""
    result_chars: int = 8000
    """Of one result of a tool, for the model: the rest is left out, and it is told so. Of a model whose window is
    known, at most a character for each of its tokens."""
    allow: bool = False
    """Run tools that write or leave the machine without asking, as long as no untrusted text has been read."""
    system: str = ""
    """What the model is told about its role, in place of ondol's own text."""

    def __post_init__(self) -> None:
        counts = [row.name for row in fields(self) if row.name not in ("allow", "system")]
        wrong = [f"{name}={getattr(self, name)}" for name in counts if getattr(self, name) < 1]
        if self.model_calls > MOST_MODEL_CALLS:
            wrong.append(f"model_calls={self.model_calls}")
        if wrong:
            raise UsageError(
                "These limits of an agent cannot be: {wrong}.",
                hint="Each is at least 1, and model_calls at most {most}.",
                wrong=", ".join(wrong), most=MOST_MODEL_CALLS,
            )  # fmt: skip
