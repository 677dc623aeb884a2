"""A question that leans on the ones before it → one that stands by itself, so that a search can find its answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from langchain_core.exceptions import ContextOverflowError
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from ondol.answer.terms import question_terms, terms
from ondol.lang import nfc
from ondol.models.contract import LocalChatModel
from ondol.prompts.load import Prompts, open_prompts

TURNS = 3
"""Earlier turns that the model reads."""
ANSWER_CHARACTERS = 300
"""Of each earlier answer."""
MAX_TOKENS = 80
LONGEST = 300
"""Characters of a rewritten question."""


def rewrite(
    question: str, history: Sequence[BaseMessage], model: BaseChatModel, prompts: Prompts | None = None
) -> Iterator[str]:
    """Ways to ask `question`, to be tried in turn until the documents answer one.

    First as it stands: a new topic must not be bent towards the old one. Then as a tuned model rewrites it, when that
    only says what the conversation says. Last with the question before it in front, which needs no model; with
    multilingual-e5-small it answers 33 of 40 follow-ups, and the bare question 8 (docs/chat.md).
    """
    yield question
    before = _topic(history)
    if not before:
        return
    if not (isinstance(model, LocalChatModel) and model.is_base):
        told = _ask(question, history, model, prompts or open_prompts())
        if is_faithful(told, question, history):
            yield told
    yield f"{before} {question}"[-LONGEST:]


def is_faithful(told: str, question: str, history: Sequence[BaseMessage]) -> bool:
    """True when `told` is one line that keeps most of the question's terms and adds only terms of the conversation."""
    known = terms(" ".join([question, *(message.text for message in history)]))
    wanted = question_terms(question)
    said = terms(told)
    fits = len(told) <= LONGEST and "\n" not in told
    return fits and said <= known and bool(said - wanted) and len(said & wanted) >= len(wanted) / 2


def _topic(history: Sequence[BaseMessage]) -> str:
    """The last question that was answered as it stood, else the last question: not all of a chain, which says less."""
    asked = [message.text for message in history if isinstance(message, HumanMessage)]
    found = [message.response_metadata.get("answer") for message in history if isinstance(message, AIMessage)]
    whole = [told["searched"] for told in found if told and told["citations"] and told["searched"] in asked]
    return str((whole or asked or [""])[-1])


def _ask(question: str, history: Sequence[BaseMessage], model: BaseChatModel, prompts: Prompts) -> str:
    """The model's version; empty when its window is too small."""
    talk = "\n".join(f"- {message.text[:ANSWER_CHARACTERS]}" for message in history[-2 * TURNS :])
    prompt = prompts.load("followup", question=question).write_chat(talk=talk, question=question)
    try:
        reply = model.invoke(prompt, max_tokens=MAX_TOKENS)
    except ContextOverflowError:
        return ""
    return nfc(reply.text).strip().strip('"“”').strip()
