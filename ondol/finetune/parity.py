"""Whether what was exported says what the original says: greedy answers, and how likely each finds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage

from ondol.models.contract import LocalChatModel

PROMPTS = (
    "What is a heated floor good for?",
    "Name three things that one needs to bake bread.",
    "온돌은 어떤 난방 방식인가요?",
    "봄에 먹는 나물을 두 가지 말해 주세요.",
)
TOKENS = 48


@dataclass(frozen=True, slots=True)
class Parity:
    prompts: int
    equal: int
    """Greedy answers that are the same, letter by letter."""
    nats: float
    """Mean difference of the log-probability of the original's answers, per token."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def check_parity(original: LocalChatModel, exported: LocalChatModel, questions: Sequence[str]) -> Parity:
    equal, nats, tokens = 0, 0.0, 0
    asked = [*dict.fromkeys([*questions, *PROMPTS])][: max(4, len(questions))]
    for question in asked:
        messages: list[BaseMessage] = [HumanMessage(question)]
        answer = original.invoke(messages, max_tokens=TOKENS, temperature=0).text
        equal += answer == exported.invoke(messages, max_tokens=TOKENS, temperature=0).text
        if answer.strip():
            left, count = original.answer_logprob(messages, answer)
            right, _ = exported.answer_logprob(messages, answer)
            nats, tokens = nats + abs(left - right), tokens + count
    return Parity(len(asked), equal, round(nats / max(1, tokens), 6))
