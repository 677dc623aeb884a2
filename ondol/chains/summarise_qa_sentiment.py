"""Summary, answer and sentiment of one text: three steps in a row, as one would write them oneself."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable, RunnableLambda, RunnablePassthrough

from ondol.chains.question import answer_question
from ondol.chains.sentiment import sentiment
from ondol.chains.summarise import summarise
from ondol.chains.text import TextLike, text_of
from ondol.progress import Progress
from ondol.prompts.load import Prompts


def summarise_qa_sentiment(
    model: BaseChatModel, *, question: str, prompts: Prompts | None = None, progress: Progress | None = None
) -> Runnable[TextLike, dict[str, Any]]:
    """`summary` of the text, `answer` to the question from the text, and `sentiment` of the summary."""
    read: Runnable[Any, Any] = RunnableLambda(lambda value: {"text": text_of(value)}, name="read")
    return (
        read
        | RunnablePassthrough.assign(
            summary=itemgetter("text") | summarise(model, prompts=prompts, progress=progress),
        )
        | RunnablePassthrough.assign(
            answer=itemgetter("text") | answer_question(model, question=question, prompts=prompts)
        )
        | RunnablePassthrough.assign(sentiment=itemgetter("summary") | sentiment(model, prompts=prompts))
    ).pick(["summary", "answer", "sentiment"])
