"""Which sentence of the evidence says what a model wrote, in its own language or in the other one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from ondol.answer.amounts import amounts_agree
from ondol.answer.crossing import crossing_of
from ondol.answer.evidence import LONGEST, Evidence
from ondol.answer.support import negates, supports
from ondol.answer.terms import terms
from ondol.embeddings.contract import Matrix, TextEmbeddings
from ondol.lang import detect_language

CHECKED = 10
"""Sentences of evidence that a claim is compared with."""
LATIN = re.compile(r"[A-Za-z][A-Za-z'’-]+")


class Proofs:
    """The evidence, compared with one claim after the other; its vectors are made when a claim needs them."""

    def __init__(self, evidence: Sequence[Evidence], embeddings: TextEmbeddings | None = None) -> None:
        self._evidence, self._embeddings = list(evidence[:CHECKED]), embeddings

    def find(self, claim: str) -> Evidence | None:
        """The first sentence with the claim's words, else the nearest one in the other language that can say it."""
        by_words = next((item for item in self._evidence if supports(item.text, claim)), None)
        return by_words or self._find_across(claim)

    def _find_across(self, claim: str) -> Evidence | None:
        """By the cosine of the two sentences; numbers, names in Latin letters and negations must be the same.

        Cosines tell another topic from the same one, and hardly what is true of it: see `Crossing.same`.
        """
        language = detect_language(claim)
        if self._embeddings is None or not terms(claim):
            return None
        crossing = crossing_of(self._embeddings.fingerprint.model)
        if crossing is None or all(detect_language(item.text) == language for item in self._evidence):
            return None
        cosines = self._vectors @ self._embeddings.embed_array([claim[:LONGEST]], "query")[0]
        ranked = sorted(zip(cosines.tolist(), self._evidence, strict=True), key=lambda pair: -pair[0])
        for cosine, item in ranked:
            if cosine < crossing.same:
                return None
            if detect_language(item.text) != language and _agree(item.text, claim):
                return item
        return None

    @cached_property
    def _vectors(self) -> Matrix:
        """Of the sentences alone, embedded as the claims are."""
        assert self._embeddings is not None
        return self._embeddings.embed_array([item.text[:LONGEST] for item in self._evidence], "query")


def _agree(source: str, claim: str) -> bool:
    """What must be the same in any language: numbers, a negation, and Latin names in a Korean text."""
    names = terms(" ".join(LATIN.findall(claim))) if detect_language(claim) == "ko" else set()
    return amounts_agree(source, claim) and negates(claim) == negates(source) and names <= terms(source)
