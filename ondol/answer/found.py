"""The words that a reader takes for the answer, and the sentence that proves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.documents import Document

from ondol.answer.evidence import Evidence, sentence_at
from ondol.answer.reading_text import names_of, with_names
from ondol.readers.contract import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One span of one hit."""

    hit: Document
    start: int
    """Characters in the hit's text."""
    end: int
    text: str
    margin: float
    """How much likelier than no answer in this hit, in nats."""
    proof: Evidence
    """The sentence that holds it."""
    score: float
    """For choosing among the hits of one question."""


MARGIN, SENTENCE = 1.0, 0.0
"""Weights of the reader's margin and of the sentence's own score."""


def find_words(question: str, hits: Sequence[Document], evidence: Sequence[Evidence], reader: Reader) -> list[Found]:
    """The best span of every hit that has one, the likeliest first.

    Args:
        evidence: the sentences of these hits with their scores.
    """
    if not evidence:
        return []
    read = [with_names(names_of(hit), hit.page_content) for hit in hits]
    texts, begins = [text for text, _ in read], [begin for _, begin in read]
    found = []
    for span in reader.find_each(question, texts, begins):
        if not span.answer:
            continue
        hit, begin = hits[span.text], begins[span.text]
        start, end = span.start - begin, span.end - begin
        proof = sentence_at(hit, start, end, evidence)
        score = MARGIN * span.margin + SENTENCE * proof.score
        found.append(
            Found(hit=hit, start=start, end=end, text=span.answer, margin=span.margin, proof=proof, score=score)
        )
    return sorted(found, key=lambda row: -row.score)
