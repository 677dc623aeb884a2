"""A question in one language, a passage in the other: what of them can still be compared."""

from __future__ import annotations

import re
from dataclasses import dataclass

from langchain_core.documents import Document

from ondol.answer.terms import terms
from ondol.lang import Language, detect_language

CODE = re.compile(r"\b(?=\w*\d)\w+\b|\b[A-Z][A-Z0-9]+\b", re.ASCII)
TOLD = 300
"""Characters of a hit that tell its language, in 0.1 ms."""
LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*|\d\w*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """What the cosines of one embedder are worth across languages; docs/answering.md tells how it was found."""

    gap: float
    """How much lower they are than within a language where the meaning is as near."""
    prior: float
    """Share of what any question would score with the hit, as the search tells it, that is taken off the hit."""
    same: float
    """Cosine, both as queries, from which on two sentences are taken to say the same."""
    coverage: float
    """Stands for the share of the question's terms in a sentence or a hit, which cannot be told; about half of what the
    right one has within a language, so that of two that say the same the one in the question's own comes first."""


CROSSINGS = {"multilingual-e5-small": Crossing(gap=0.04, prior=0.5, same=0.85, coverage=0.2)}
"""`gap`: strangers have cosine 0.749 and 0.769 within English and Korean, 0.707 and 0.718 across (2,963 chunks); with
0.04 the sentences of a library in both languages are ranked best, with 0.06 those in the question's own fall behind.
`prior`: with it one of the first two sentences is right for 0.53 of questions, without for 0.49 (n = 126, the same
chunks). `same`: of 24 translated sentences 0.54 are let through, of 24 inventions about the same thing none."""


def crossing_of(model: str) -> Crossing | None:
    """By the embedder's spec, `onnx:multilingual-e5-small`; None when nobody has measured it."""
    return CROSSINGS.get(model.partition(":")[2])


def cosine_of(hit: Document) -> float:
    """Question and hit; retrievers that are not ondol's tell a score and nothing else."""
    cosine = hit.metadata.get("cosine")
    return float(hit.metadata["score"] if cosine is None else cosine)


def level_cosine(hit: Document, language: Language, crossing: Crossing | None) -> float:
    """The cosine as if question and hit were in one language, so that hits in both can be compared."""
    return cosine_of(hit) + (crossing.gap if crossing and crosses(hit, language) else 0.0)


def crosses(hit: Document, language: Language) -> bool:
    """Whether `hit` is in another language than a question in `language`."""
    return detect_language(hit.page_content[:TOLD]) != language


def anchors(question: str) -> set[str]:
    """Terms that a text in the other language writes alike: numbers, codes, and Latin names in a Korean question."""
    pattern = LATIN if detect_language(question) == "ko" else CODE
    return terms(" ".join(pattern.findall(question)))
