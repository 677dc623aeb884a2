"""Questions to the library, as a step."""

from __future__ import annotations

from langchain_core.language_models import BaseChatModel
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable

from ondol.answer.answer import Answer
from ondol.answer.ask import ask
from ondol.answer.gate import THRESHOLD
from ondol.chains.asking import Asking
from ondol.chains.step import make_step
from ondol.chains.text import TextLike
from ondol.embeddings.contract import TextEmbeddings
from ondol.readers.contract import Reader


def ask_library(
    model: BaseChatModel, *, retriever: BaseRetriever, reader: Reader | None = None,
    embeddings: TextEmbeddings | None = None, threshold: float = THRESHOLD,
) -> Runnable[TextLike, Answer]:  # fmt: skip
    """A question's `Answer` with checked citations; the next step reads its words. Raises as `ondol.ask`."""

    def work(asking: Asking, question: str) -> Answer:
        answer = ask(question, retriever, model, embeddings=embeddings, reader=reader, threshold=threshold)
        asking.calls, asking.usage = 1, answer.usage
        return answer

    return make_step("ask", model, work)
