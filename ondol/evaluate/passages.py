"""Searching as if a question's own passage were always found, or were not in the library."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from ondol.errors import NotFound, UsageError
from ondol.evaluate.answer_questions import AnswerQuestion, AnswerQuestions
from ondol.library.filters import Filter
from ondol.retrieve.retriever import LibraryRetriever
from ondol.retrieve.search import Found, search_library

Passage = Literal["found", "given", "removed"]
PASSAGES: tuple[Passage, ...] = ("found", "given", "removed")
AMONG = 5
"""First hits among which a given passage stands; a later one takes the last of these places."""


def choose_passage(name: str) -> Passage:
    """Raises NotFound: no such way."""
    for known in PASSAGES:
        if name == known:
            return known
    raise NotFound("No way is called '{name}'.", hint="Known: {known}.", name=name, known=", ".join(PASSAGES))


class PassageRetriever(LibraryRetriever):
    """For one question whose passage is known."""

    document_id: str
    given: bool
    """Put among the first hits; else it is taken out."""

    def search(self, query: str, *, k: int = 0) -> Found:
        """As `LibraryRetriever.search`."""
        found = super().search(query, k=k)
        if self.given and any(self._is_own(hit) for hit in found.hits[:AMONG]):
            return found
        others = [hit for hit in found.hits if not self._is_own(hit)]
        if self.given:
            own = [hit for hit in found.hits if self._is_own(hit)] or self._own_hits(query)
            others[AMONG - 1 : AMONG - 1] = own[:1]
        return replace(found, hits=others)

    def _is_own(self, hit: Document) -> bool:
        return bool(hit.metadata["document_id"] == self.document_id)

    def _own_hits(self, query: str) -> list[Document]:
        config = replace(self.config, filter=Filter(source=(self.document_id,)))
        return search_library(self.library, query, config).hits


def retriever_for(question: AnswerQuestion, retriever: BaseRetriever, passage: Passage) -> BaseRetriever:
    """The retriever itself where the passage is `found`, or where it is not ondol's."""
    if passage == "found" or not isinstance(retriever, LibraryRetriever):
        return retriever
    return PassageRetriever(
        library=retriever.library, config=retriever.config, reranker=retriever.reranker,
        document_id=question.context_id, given=passage == "given",
    )  # fmt: skip


def suit_questions(questions: AnswerQuestions, passage: Passage) -> AnswerQuestions:
    """The questions as they are to be answered: with their passage removed, refusing is right.

    Raises:
        UsageError: a question does not name its passage.
    """
    if passage == "found":
        return questions
    nameless = next((row.id for row in questions.rows if not row.context_id), None)
    if nameless is not None:
        raise UsageError(
            "The question {name} does not name its passage.", hint='Give every row its "context_id".', name=nameless
        )
    if passage == "given":
        return questions
    rows = [replace(row, answers=(), answerable=False) for row in questions.rows]
    return AnswerQuestions(rows=rows, problems=questions.problems)
