"""Question → hits → evidence → gate → words that the evidence supports, or its own sentences, or an abstention."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.retrievers import BaseRetriever

from ondol.answer.answer import Answer, Citation, Thought
from ondol.answer.draft import Draft, elapsed_ms, model_name, write_chat, write_completion
from ondol.answer.evidence import Evidence, Sentences
from ondol.answer.found import Found, agree, find_words, mark_words
from ondol.answer.gate import THRESHOLD, estimate, estimate_read
from ondol.answer.hits import retrieve
from ondol.answer.span import find_span, locate_span
from ondol.answer.support import strip_marks
from ondol.embeddings.contract import TextEmbeddings
from ondol.errors import UsageError
from ondol.lang import Language, detect_language, nfc, translate
from ondol.library.rows import Place
from ondol.models.contract import LocalChatModel
from ondol.prompts.load import Prompts
from ondol.readers.contract import Reader
from ondol.retrieve.retriever import PlacedRetriever

CLOSE = 1.5
"""A second sentence is quoted when its score is this close: below it the first is right in 47 to 69 % of questions,
and the second in 19 to 29 % more; above it, in 3 to 9 %."""
POINTED = {"en"}
"""Languages of question and sentence in which a base model is asked to point at the answer: gemma-3-270m overlaps with
the right words by F1 0.60 in English and 0.31 in Korean (given the right sentence, n = 50 and 48), and 0.31 misleads.
"""
SENTENCE_ENDS = (*".!?。", "")
PlaceOf = Callable[[str, int], Place]


def ask(
    question: str, retriever: BaseRetriever, model: BaseChatModel, *, embeddings: TextEmbeddings | None = None,
    reader: Reader | None = None, threshold: float = THRESHOLD,
) -> Answer:  # fmt: skip
    """Answer `question` from what `retriever` finds.

    Args:
        embeddings: compares question and sentences; taken from ondol's own retriever when not given.
        reader: finds the words that answer, and has a say in whether the documents tell.
        threshold: least confidence with which is answered, 0 to 1.

    Returns:
        An answer in the question's language. Its citations are slices of their sources; it is `quoted` when the
        model wrote nothing that the evidence supports, and `abstained` when the documents do not tell.

    Raises:
        UsageError: the question is empty, or a foreign retriever comes without `embeddings`.
    """
    *_, answer = stream_answer(question, retriever, model, embeddings=embeddings, reader=reader, threshold=threshold)
    assert isinstance(answer, Answer)
    return answer


def stream_answer(
    question: str, retriever: BaseRetriever, model: BaseChatModel, *, embeddings: TextEmbeddings | None = None,
    reader: Reader | None = None, threshold: float = THRESHOLD, prompts: Prompts | None = None,
) -> Iterator[str | Thought | Answer]:  # fmt: skip
    """As `ask`, but the text comes in pieces as it passes the checks; the last item is the whole Answer.

    Args:
        prompts: where the prompts `ask` and `ask-across` are looked for; the usual folders when not given.
    """
    reading = read_documents(question, retriever, embeddings=embeddings, reader=reader, threshold=threshold)
    yield from write_answer(reading, model, prompts=prompts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the documents say to a question, before any model is asked."""

    question: str
    """What was searched for."""
    asked: str
    """What the person asked; the same unless the question leans on earlier ones."""
    hits: list[Document]
    evidence: list[Evidence]
    found: list[Found]
    """What the reader takes for the answer, the likeliest first; empty without a reader."""
    reader: str
    """Its spec; empty without one."""
    confidence: float
    """The gate's estimate that the hits hold the answer, 0 to 1."""
    threshold: float
    embeddings: TextEmbeddings
    place_of: PlaceOf
    started: float
    """`time.perf_counter()` when the question was asked."""
    retrieved: float

    @property
    def answers(self) -> bool:
        return self.confidence >= self.threshold


def read_documents(
    question: str, retriever: BaseRetriever, *, embeddings: TextEmbeddings | None = None, asked: str = "",
    reader: Reader | None = None, threshold: float = THRESHOLD,
) -> Reading:  # fmt: skip
    """The first half of `ask`; raises as it does.

    Args:
        asked: the person's own words, where `question` is more than that: they then decide between the sentences that
            are found. Of 40 follow-ups the first sentence is right in 31 so, in 25 otherwise.
    """
    start = time.perf_counter()
    question = nfc(question).strip()
    if not question:
        raise UsageError("The question is empty.", hint="Write it in quotes.")
    embedder, place_of = _reader(retriever, embeddings)
    hits = retrieve(question, retriever, embedder)
    sentences = Sentences(hits.read, embedder)
    evidence = sentences.rank(question)
    confidence = estimate(evidence, hits.wider, model=embedder.fingerprint.model)
    if asked and asked != question:
        evidence = sentences.rank_by_both(question, asked)
    found = find_words(asked or question, hits.read, evidence, reader) if reader else []
    if found:
        confidence = estimate_read(confidence, found)
        evidence = [found[0].proof, *(item for item in evidence if item.text != found[0].proof.text)]
    return Reading(
        question=question, asked=asked or question, hits=hits.shown, evidence=evidence, found=found,
        reader=reader.spec if reader else "", embeddings=embedder,
        place_of=place_of, started=start, confidence=confidence, threshold=threshold, retrieved=time.perf_counter(),
    )  # fmt: skip


def write_answer(
    reading: Reading, model: BaseChatModel, *, prompts: Prompts | None = None
) -> Iterator[str | Thought | Answer]:
    """The second half of `stream_answer`."""
    question, draft = reading.question, Draft(reading.evidence, reading.embeddings, prompts)
    answer = Answer(
        question=question, answer="", confidence=round(reading.confidence, 3), hits=reading.hits,
        model=model_name(model), reader=reading.reader,
    )  # fmt: skip
    if not reading.answers:
        answer = replace(answer, answer=_abstention(question, reading.hits), abstained=True)
        yield answer.answer
    else:
        text = AnswerText(question, reading.place_of, asked=reading.asked)
        yield from _compose(text, draft, model, found=reading.found)
        short = text.short_by_model(draft.text) or text.short_by_reader(reading.found) or text.short_by_rule()
        short = short or locate_span(reading.asked, draft.text, text.citations[0].quote)
        answer = replace(
            answer, answer=text.text, citations=mark_words(text.citations, reading.found), quoted=text.quoted,
            short=short, agrees=None if text.quoted else agree(text.text, reading.found),
        )  # fmt: skip
    times = {
        "retrieve": elapsed_ms(reading.started, reading.retrieved),
        "first_token": draft.first_token_ms(reading.started),
        "total": elapsed_ms(reading.started, time.perf_counter()),
    }
    yield replace(
        answer,
        usage=draft.usage,
        ms=times,
        thinking=draft.thinking,
        left_out=draft.left_out,
        prompt=draft.prompt,
        finish_reason="stop" if answer.quoted else draft.finish_reason,  # a quote is whole, whatever the model wrote
    )


class AnswerText:
    """An answer under construction: pieces with their marks, one citation for each sentence of evidence."""

    def __init__(self, question: str, place_of: PlaceOf, *, asked: str) -> None:
        self.question, self.asked, self._place_of = question, asked, place_of
        self.text, self.quoted = "", False
        self.citations: list[Citation] = []
        self.proofs: list[Evidence] = []

    def add(self, words: str, proof: Evidence) -> str:
        """Append `words`, cited to `proof`; the piece that was appended."""
        piece = f"{' ' if self.text else ''}{words} [{self._mark(proof)}]"
        self.text += piece
        return piece

    def quote(self, proof: Evidence) -> str:
        """Append the sentence itself, and say so where it begins to be in another language than the question."""
        framed = proof.crosses and not (self.proofs and self.proofs[-1].crosses)
        quoted = f"“{' '.join(proof.text.split())}”"
        return self.add(_frame(quoted, proof.language) if framed else quoted, proof)

    def short_by_model(self, told: str) -> str | None:
        """What the model wrote, where that is no sentence but a few words of the quote."""
        words = strip_marks(told).strip()
        said = not self.quoted and words[-1:] not in SENTENCE_ENDS
        return locate_span(self.asked, words, self.citations[0].quote) if said else None

    def short_by_reader(self, found: Sequence[Found]) -> str | None:
        """The likeliest words that stand in what is cited."""
        return next((row.text for row in found if any(map(row.stands_in, self.citations))), None)

    def short_by_rule(self) -> str | None:
        """The number or time that the question asks for, in the first quote that has one."""
        quotes = (citation.quote for citation in self.citations)
        return next((span for quote in quotes if (span := find_span(self.asked, quote))), None)

    def _mark(self, proof: Evidence) -> int:
        if proof not in self.proofs:
            self.proofs.append(proof)
            place = proof.hit.metadata
            self.citations.append(
                Citation(
                    mark=len(self.proofs),
                    document_id=place["document_id"],
                    source=place["source"],
                    **asdict(self._place_of(place["document_id"], proof.start)),
                    start=proof.start,
                    end=proof.end,
                    quote=proof.text,
                )
            )
        return self.proofs.index(proof) + 1


def _compose(
    text: AnswerText, draft: Draft, model: BaseChatModel, *, found: Sequence[Found]
) -> Iterator[str | Thought]:
    """The model's supported sentences; when there are none, the best evidence in its own words."""
    base = model if isinstance(model, LocalChatModel) and model.is_base else None
    if base is None:
        for piece in draft.supported(write_chat(text.question, draft, model)):
            yield piece if isinstance(piece, Thought) else text.add(*piece)
    if not text.text:
        text.quoted = True
        for proof in [found[0].proof] if found else _best(draft.evidence):
            yield text.quote(proof)
    if base and not found and text.short_by_rule() is None and _is_pointed(text.question, text.proofs[0]):
        for _ in draft.read(write_completion(text.question, draft, text.proofs[0], base)):
            pass


def _best(evidence: Sequence[Evidence]) -> list[Evidence]:
    first, *others = evidence
    return [first, *(item for item in others[:1] if first.score - item.score < CLOSE)]


def _abstention(question: str, hits: Sequence[Document]) -> str:
    """In the question's language, with the nearest sources: what a person can look at next."""
    language = detect_language(question)
    nearest = list(dict.fromkeys(hit.metadata.get("title") or hit.metadata["source"] for hit in hits))[:3]
    if not nearest:
        return translate("The library has nothing to answer this from.", language=language)
    return translate(
        "The documents do not tell. Nearest to the question: {nearest}.", language=language, nearest=" · ".join(nearest)
    )


def _frame(quoted: str, language: Language) -> str:
    """Tell a reader of `language` that what follows is in the other one."""
    if language == "ko":
        return translate("The English source says: {quote}", language="ko", quote=quoted)
    return translate("The Korean source says: {quote}", language="en", quote=quoted)


def _is_pointed(question: str, proof: Evidence) -> bool:
    return {detect_language(question), detect_language(proof.text)} <= POINTED


def _reader(retriever: BaseRetriever, embeddings: TextEmbeddings | None) -> tuple[TextEmbeddings, PlaceOf]:
    """The embedder to compare sentences with, and how to find the place of an offset."""
    if isinstance(retriever, PlacedRetriever):
        return embeddings or retriever.embeddings, retriever.place_of
    if embeddings is None:
        raise UsageError(
            "This retriever does not say which embedder it uses.",
            hint="Give one: ask(question, retriever, model, embeddings=ondol.open_embeddings(…)).",
        )
    return embeddings, lambda _document, _offset: Place(None)
