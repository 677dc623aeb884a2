"""Question → hits → evidence → gate → words that the evidence supports, or its own sentences, or an abstention."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.retrievers import BaseRetriever

from ondol.answer.answer import Answer, Citation
from ondol.answer.draft import Draft, write_chat, write_completion
from ondol.answer.evidence import Evidence, find_evidence
from ondol.answer.gate import THRESHOLD, estimate
from ondol.answer.span import find_span, locate_span
from ondol.embeddings.contract import TextEmbeddings
from ondol.errors import UsageError
from ondol.lang import detect_language, nfc, translate
from ondol.models.contract import LocalChatModel
from ondol.retrieve.retriever import LibraryRetriever

CLOSE = 1.5
"""A second sentence is quoted when its score is this close: below it the first is right in 47 to 69 % of questions,
and the second in 19 to 29 % more; above it, in 3 to 9 %."""

Reading = tuple[list[Document], list[Evidence], float]
PageOf = Callable[[str, int], int | None]


def ask(
    question: str, retriever: BaseRetriever, model: BaseChatModel, *, embeddings: TextEmbeddings | None = None
) -> Answer:
    """Answer `question` from what `retriever` finds.

    Args:
        embeddings: compares question and sentences; taken from ondol's own retriever when not given.

    Returns:
        An answer in the question's language. Its citations are slices of their sources; it is `quoted` when the
        model wrote nothing that the evidence supports, and `abstained` when the documents do not tell.

    Raises:
        UsageError: the question is empty, or a foreign retriever comes without `embeddings`.
    """
    *_, answer = stream_answer(question, retriever, model, embeddings=embeddings)
    assert isinstance(answer, Answer)
    return answer


def stream_answer(
    question: str, retriever: BaseRetriever, model: BaseChatModel, *, embeddings: TextEmbeddings | None = None
) -> Iterator[str | Answer]:
    """As `ask`, but the text comes in pieces as it passes the checks; the last item is the whole Answer."""
    start = time.perf_counter()
    question = nfc(question).strip()
    if not question:
        raise UsageError("The question is empty.", hint="Write it in quotes.")
    embedder, page_of = _reader(retriever, embeddings)
    hits = retriever.invoke(question)
    evidence = find_evidence(question, hits, embedder)
    confidence = estimate(evidence, hits, model=embedder.fingerprint.model)
    retrieved = time.perf_counter()
    draft = Draft(evidence)
    answer = Answer(question=question, answer="", confidence=round(confidence, 3), hits=hits, model=_name(model))
    if confidence < THRESHOLD:
        answer = replace(answer, answer=_abstention(question, hits), abstained=True)
        yield answer.answer
    else:
        text = AnswerText(question, page_of)
        yield from _compose(text, draft, model)
        answer = replace(
            answer, answer=text.text, citations=text.citations, quoted=text.quoted, short=_short(question, text, draft)
        )
    now = time.perf_counter()
    first = None if draft.first_token_at is None else _ms(start, draft.first_token_at)
    times = {
        "retrieve": round(1000 * (retrieved - start), 1),
        "first_token": first,
        "total": round(1000 * (now - start), 1),
    }
    yield replace(answer, usage=draft.usage, ms=times)


class AnswerText:
    """An answer under construction: pieces with their marks, one citation for each sentence of evidence."""

    def __init__(self, question: str, page_of: PageOf) -> None:
        self.question, self._page_of = question, page_of
        self.text, self.quoted = "", False
        self.citations: list[Citation] = []
        self.proofs: list[Evidence] = []

    def add(self, words: str, proof: Evidence) -> str:
        """Append `words`, cited to `proof`; the piece that was appended."""
        piece = f"{' ' if self.text else ''}{words} [{self._mark(proof)}]"
        self.text += piece
        return piece

    def _mark(self, proof: Evidence) -> int:
        if proof not in self.proofs:
            self.proofs.append(proof)
            place = proof.hit.metadata
            self.citations.append(
                Citation(
                    mark=len(self.proofs),
                    document_id=place["document_id"],
                    source=place["source"],
                    page=self._page_of(place["document_id"], proof.start),
                    start=proof.start,
                    end=proof.end,
                    quote=proof.text,
                )
            )
        return self.proofs.index(proof) + 1


def _compose(text: AnswerText, draft: Draft, model: BaseChatModel) -> Iterator[str]:
    """The model's supported sentences; when there are none, the best evidence in its own words."""
    if isinstance(model, LocalChatModel) and model.is_base:
        for _ in draft.read(write_completion(text.question, draft.evidence, model)):
            pass  # a base model only points at a span; its phrase alone is right less often than the whole sentence
    else:
        for claim, proof in draft.supported(write_chat(text.question, draft.evidence, model)):
            yield text.add(claim, proof)
    if not text.text:
        text.quoted = True
        for proof in _best(draft.evidence):
            yield text.add(_in_quotes(proof.text), proof)


def _best(evidence: Sequence[Evidence]) -> list[Evidence]:
    first, *others = evidence
    return [first, *(item for item in others[:1] if first.score - item.score < CLOSE)]


def _short(question: str, text: AnswerText, draft: Draft) -> str | None:
    """The span that answers: a number or time that was asked for, else what a base model pointed at."""
    quotes = [citation.quote for citation in text.citations]
    by_rule = next((span for quote in quotes if (span := find_span(question, quote))), None)
    return by_rule or locate_span(draft.text, quotes)


def _abstention(question: str, hits: Sequence[Document]) -> str:
    """In the question's language, with the nearest sources: what a person can look at next."""
    language = detect_language(question)
    nearest = list(dict.fromkeys(hit.metadata.get("title") or hit.metadata["source"] for hit in hits))[:3]
    if not nearest:
        return translate("The library has nothing to answer this from.", language=language)
    return translate(
        "The documents do not tell. Nearest to the question: {nearest}.", language=language, nearest=", ".join(nearest)
    )


def _ms(start: float, end: float) -> float:
    return round(1000 * (end - start), 1)


def _in_quotes(sentence: str) -> str:
    return f"“{' '.join(sentence.split())}”"


def _name(model: BaseChatModel) -> str:
    return str(getattr(model, "model", "") or getattr(model, "model_name", "") or model.get_name())


def _reader(retriever: BaseRetriever, embeddings: TextEmbeddings | None) -> tuple[TextEmbeddings, PageOf]:
    """The embedder to compare sentences with, and how to find the page of an offset."""
    if isinstance(retriever, LibraryRetriever):
        return embeddings or retriever.library.embeddings, retriever.library.page_of
    if embeddings is None:
        raise UsageError(
            "This retriever does not say which embedder it uses.",
            hint="Give one: ask(question, retriever, model, embeddings=ondol.open_embeddings(…)).",
        )
    return embeddings, lambda _document, _offset: None
