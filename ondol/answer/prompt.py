"""What the model is told: a chat for tuned models, worked examples for base models, in the question's language."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import BaseMessage

from ondol.lang import detect_language
from ondol.prompts.load import Prompts, open_prompts
from ondol.prompts.prompt import Prompt

REFUSAL = {"en": "not in the sources", "ko": "자료에 없습니다"}
"""What the prompts `ask` ask for where the sources do not tell."""


def choose_prompt(question: str, passages: Sequence[str], prompts: Prompts | None = None) -> Prompt:
    """`ask` in the question's language; `ask-across` where a passage is in the other one."""
    language = detect_language(question)
    across = any(detect_language(passage) != language for passage in passages)
    return (prompts or open_prompts()).load("ask-across" if across else "ask", question=question)


def chat_prompt(question: str, passages: Sequence[str], prompts: Prompts | None = None) -> list[BaseMessage]:
    """Messages for a tuned model: numbered passages, counted from 1, then the question."""
    prompt = choose_prompt(question, passages, prompts)
    return prompt.write_chat(sources=number_passages(passages), question=question)


def number_passages(passages: Sequence[str]) -> str:
    return "\n".join(f"[{number}] {passage}" for number, passage in enumerate(passages, 1))
