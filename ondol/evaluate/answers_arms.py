"""Ways to answer that are compared: the model alone or with the documents, as it is or with an adapter."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.retrievers import BaseRetriever

from ondol.answer.answer import Answer
from ondol.answer.ask import ask
from ondol.answer.draft import Draft, elapsed_ms
from ondol.answer.gate import THRESHOLD
from ondol.errors import NotFound, UsageError
from ondol.evaluate.answer_questions import AnswerQuestion
from ondol.evaluate.passages import Passage, retriever_for
from ondol.models.contract import ContextOverflow, LocalChatModel
from ondol.readers.contract import Reader
from ondol.registry import nearest
from ondol.retrieve.retriever import LibraryRetriever

MAX_TOKENS = 128


@dataclass(frozen=True, slots=True)
class AnswerArm:
    name: str
    tuned: bool
    """With the adapter."""
    documents: bool
    """From what the library finds."""


ARMS = {arm.name: arm for arm in (AnswerArm("base", False, False), AnswerArm("rag", False, True),
                                  AnswerArm("tuned", True, False), AnswerArm("tuned+rag", True, True))}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What an arm answered; all that its scores need."""

    text: str
    finish_reason: str = "stop"
    documents: bool = False
    """Whether it was to be answered from documents."""
    abstained: bool = False
    quoted: bool = False
    confidence: float | None = None
    """Of an answer from documents, 0 to 1."""
    short: str | None = None
    """The shortest words that answer, where the reply tells them apart."""
    cited: Mapping[int, str] = field(default_factory=dict)
    """Mark → document."""
    sources: Mapping[int, str] = field(default_factory=dict)
    """Mark → text of the cited chunk."""
    logprob: float | None = None
    """Natural logarithm of the probability of the first reference with its end; None where nobody tells."""
    tokens: int = 0
    """Of that reference."""
    ms: float = 0.0
    problem: str = ""
    """Why there is no answer."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def reply_from_json(row: Mapping[str, Any]) -> Reply:
    """The reverse of `Reply.to_json`, also after marks have become texts."""
    values = {name: row[name] for name in Reply.__dataclass_fields__ if name in row}
    for name in ("cited", "sources"):
        values[name] = {int(mark): text for mark, text in values.get(name, {}).items()}
    return Reply(**values)


Asker = Callable[[AnswerQuestion], Reply]


def parse_answer_arms(text: str) -> list[AnswerArm]:
    """`base,rag` → arms in that order, each once.

    Raises:
        UsageError: none is named.
        NotFound: nobody knows one.
    """
    names = list(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))
    if not names:
        raise UsageError("No arm is named.", hint="Such as: --arms base,rag")
    for name in names:
        if name not in ARMS:
            close = nearest(name, list(ARMS))
            raise NotFound(
                "No {what} is called '{name}'.",
                hint="Did you mean '{close}'? Known: {known}." if close else "Known: {known}.",
                what="arm", name=name, close=close, known=", ".join(ARMS),
            )  # fmt: skip
    return [ARMS[name] for name in names]


def make_asker(
    arm: AnswerArm, model: BaseChatModel, *, retriever: BaseRetriever | None = None, reader: Reader | None = None,
    passage: Passage = "found", threshold: float = THRESHOLD, max_tokens: int = MAX_TOKENS,
) -> Asker:  # fmt: skip
    """How an arm answers, by the likeliest tokens.

    Args:
        model: opened with the adapter for a tuned arm.
        max_tokens: of an answer without documents; one from documents has the limit of `ask`.

    Raises:
        UsageError: the arm reads documents and there is no retriever, the model is not a local one, or a passage is to
            be given or removed and the retriever is not ondol's.
    """
    if not isinstance(model, LocalChatModel):
        raise UsageError("Only a model that ondol opened can be compared.", hint="Open it with ondol.open_model(…).")
    if arm.documents and retriever is None:
        raise UsageError("The arm '{name}' reads documents.", hint="Give it a retriever.", name=arm.name)

    if passage != "found" and arm.documents and not isinstance(retriever, LibraryRetriever):
        raise UsageError("Passages can be given or removed only in a library.", hint="Leave passage out.")

    def answer(question: AnswerQuestion) -> Reply:
        start = time.perf_counter()
        try:
            if retriever is not None and arm.documents:
                suited = retriever_for(question, retriever, passage)
                return _from_documents(ask(question.question, suited, model, reader=reader, threshold=threshold))
            return _alone(question, model, max_tokens)
        except ContextOverflow as error:
            taken = elapsed_ms(start, time.perf_counter())
            return Reply(text="", documents=arm.documents, finish_reason="length", ms=taken, problem=error.message)

    return answer


def _alone(question: AnswerQuestion, model: LocalChatModel, max_tokens: int) -> Reply:
    start, draft = time.perf_counter(), Draft(())
    messages: list[BaseMessage] = [HumanMessage(question.question)]
    for _ in draft.read(model.stream_messages(messages, max_tokens=max_tokens, temperature=0.0)):
        pass
    taken = elapsed_ms(start, time.perf_counter())
    logprob, tokens = _likelihood(model, messages, question)
    return Reply(
        text=draft.text.strip(), finish_reason=draft.finish_reason, ms=taken, logprob=logprob, tokens=tokens
    )  # fmt: skip


def _likelihood(
    model: LocalChatModel, messages: list[BaseMessage], question: AnswerQuestion
) -> tuple[float | None, int]:
    if not question.answers:
        return None, 0
    try:
        logprob, tokens = model.answer_logprob(messages, question.answers[0])
    except UsageError:  # a runtime that does not tell
        return None, 0
    return float(logprob), int(tokens)


def _from_documents(answer: Answer) -> Reply:
    chunks: dict[int, str] = {}
    for citation in answer.citations:
        inside = [
            hit.page_content for hit in answer.hits
            if hit.metadata["document_id"] == citation.document_id and citation.quote in hit.page_content
        ]  # fmt: skip
        chunks[citation.mark] = next(iter(inside), citation.quote)
    return Reply(
        text=answer.answer, finish_reason=answer.finish_reason, documents=True, abstained=answer.abstained,
        quoted=answer.quoted, confidence=answer.confidence, short=answer.short, ms=float(answer.ms.get("total") or 0.0),
        cited={row.mark: row.document_id for row in answer.citations}, sources=chunks,
    )  # fmt: skip
