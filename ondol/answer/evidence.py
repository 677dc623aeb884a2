"""The sentences of the hits that most likely hold the answer, before any model writes a word."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from langchain_core.documents import Document

from ondol.answer.question_kind import fits, question_kind
from ondol.answer.terms import question_terms, terms
from ondol.embeddings.contract import TextEmbeddings

READ = 5
"""Hits whose sentences are compared; the gold passage is among the first five of 93 % of questions."""
LONGEST = 600
"""Characters of a sentence that are embedded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What is known of one sentence; docs/answering.md tells how much each helps."""

    cosine: float
    """Question and sentence."""
    coverage: float
    """Share of the question's terms in the sentence, rare terms counting more; 0 to 1."""
    hit_coverage: float
    """The same for the whole hit with its title."""
    hit_cosine: float
    """Question and hit, as the search gave it."""
    fits_kind: float
    """1 when the sentence holds what is asked for (a number, a time), 0 when not, 0.5 when nobody can tell."""
    opens: float
    """1 for the first sentence of a hit."""

    def score(self) -> float:
        """Linear score, only good for comparing sentences of one question."""
        return sum(weight * getattr(self, name) for name, weight in WEIGHTS.items())


WEIGHTS = {
    "cosine": 17.3, "coverage": 1.2, "hit_coverage": 2.7, "hit_cosine": 30.5, "fits_kind": 2.7, "opens": 0.53,
}  # fmt: skip
"""Softmax regression on the half of `tydiqa_*` questions with an even place (seed 13); see benchmarks/answers.py."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One sentence of a hit, with offsets in its source."""

    hit: Document
    start: int
    end: int
    text: str
    features: Features

    @property
    def score(self) -> float:
        return self.features.score()


def find_evidence(question: str, hits: Sequence[Document], embeddings: TextEmbeddings) -> list[Evidence]:
    """Sentences of the first hits, the likeliest first; a sentence that stands in two hits counts once."""
    rows = _sentences(hits[:READ])
    if not rows:
        return []
    texts = [hit.page_content[start:end] for hit, start, end, _ in rows]
    vectors = embeddings.embed_array(
        [_with_title(hit, text) for (hit, *_), text in zip(rows, texts, strict=True)], "passage"
    )
    cosines = vectors @ np.asarray(embeddings.embed_query(question), dtype=np.float32)
    weigh = TermWeights(question, texts)
    kind = question_kind(question)
    covered = {
        id(hit): weigh.share(f"{hit.metadata.get('title', '')} {hit.metadata.get('heading', '')} {hit.page_content}")
        for hit in hits[:READ]
    }
    found = [
        Evidence(
            hit=hit,
            start=hit.metadata["start"] + start,
            end=hit.metadata["start"] + end,
            text=text,
            features=Features(
                cosine=float(cosine),
                coverage=weigh.share(text),
                hit_coverage=covered[id(hit)],
                hit_cosine=hit.metadata["score"],
                fits_kind=fits(kind, text),
                opens=float(first),
            ),
        )
        for (hit, start, end, first), text, cosine in zip(rows, texts, cosines, strict=True)
    ]
    return sorted(found, key=lambda evidence: -evidence.score)


class TermWeights:
    """How much each term of a question tells, by how rare it is among the sentences compared."""

    def __init__(self, question: str, sentences: Sequence[str]) -> None:
        seen = Counter(term for sentence in sentences for term in terms(sentence))
        self.weights = {term: math.log(1 + len(sentences) / (0.5 + seen[term])) for term in question_terms(question)}
        self._total = sum(self.weights.values())

    def share(self, text: str) -> float:
        """Weight of the question's terms that stand in `text`, 0 to 1; 0 for a question without terms."""
        present = terms(text)
        return sum(w for term, w in self.weights.items() if term in present) / self._total if self._total else 0.0
