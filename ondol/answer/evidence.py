"""The sentences of the hits that most likely hold the answer, before any model writes a word."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
from langchain_core.documents import Document

from ondol.answer.crossing import Crossing, anchors, crosses, crossing_of, level_cosine
from ondol.answer.question_kind import fits, question_kind
from ondol.answer.reading_text import names_of
from ondol.answer.terms import count_content_words, question_terms, terms
from ondol.embeddings.contract import TextEmbeddings
from ondol.ingest.sentences import split_sentences
from ondol.lang import Language, detect_language

READ = 5
"""Hits whose sentences are compared; the gold passage is among the first five of 93 % of questions."""
SUBJECT = 3
"""Content words with which a question says what it is about."""
BLOCK = re.compile(r"\S(?:.|\n(?!\s*\n))*")
FIELD = re.compile(r"[^-*#\d\s:][^:\n]{0,39}: ")
NOTE = re.compile(r"<[^>]*>|\[[^\]]*\]|\([^)]*\)|제 ?\d+ ?[조장절](?:의 ?\d+)? ?\([^)]*\)|.{1,80}[.·…]{4,}\s*\d+")
HEADING = re.compile(r"#+ [^\n]*|(?![-*•] )[^\n\d:.!?…\"”]{1,40}(?<![다요까음함됨])")
"""A short line that is no list item and has no number, no colon and no end of a sentence in either language."""
LONGEST = 600
"""Characters of a sentence that are embedded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What is known of one sentence; docs/answering.md tells how much each helps."""

    cosine: float
    """Question and sentence, the sentence with its title and heading; across languages `Crossing.gap` is put on."""
    coverage: float
    """Share of the question's terms in the sentence, rare terms counting more; 0 to 1. Across languages it is
    `TermWeights.anchored`."""
    hit_coverage: float
    """The same for the whole hit with its title."""
    hit_cosine: float
    """Question and hit, put up as `cosine` is, and less `Crossing.prior` across languages."""
    fits_kind: float
    """1 when the sentence holds what is asked for (a number, a time), 0 when not, 0.5 when nobody can tell."""
    opens: float
    """1 for the first sentence of a hit."""

    def score(self) -> float:
        """Linear score, only good for comparing sentences of one question."""
        return float(sum(weight * getattr(self, name) for name, weight in WEIGHTS.items()))

    def mean(self, other: Features) -> Features:
        return Features(**{name: (getattr(self, name) + getattr(other, name)) / 2 for name in WEIGHTS})


WEIGHTS = {
    "cosine": 37.6, "coverage": 0.72, "hit_coverage": 2.2, "hit_cosine": 18.7, "fits_kind": 2.6, "opens": 0.57,
}  # fmt: skip
"""Softmax regression on half of the `tydiqa_*` questions (seed 13): `benchmarks/answers.py --fit`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One sentence of a hit, with offsets in its source."""

    hit: Document
    start: int
    end: int
    text: str
    features: Features
    language: Language
    """Of the question."""

    @property
    def crosses(self) -> bool:
        """Whether the hit is in another language than the question."""
        return crosses(self.hit, self.language)

    @property
    def score(self) -> float:
        return self.features.score()


def find_evidence(question: str, hits: Sequence[Document], embeddings: TextEmbeddings) -> list[Evidence]:
    """Sentences of the first hits, the likeliest first; a sentence that stands in two hits counts once."""
    return Sentences(hits[:READ], embeddings).rank(question)


def choose_hits(question: str, hits: Sequence[Document], *, model: str) -> list[Document]:
    """The hits to read: the first ones, and those in the other language whose cosine is among the best.

    Words draw a search to the question's own language, and so do cosines where nothing makes up for it: in mode `dense`
    7 of 18 Korean questions on English documents are answered so, and 4 from the first five.
    """
    language, crossing = detect_language(question), crossing_of(model)
    first = list(hits[:READ])
    if crossing is None:
        return first
    near = sorted(hits, key=lambda hit: -level_cosine(hit, language, crossing))[:READ]
    return [*first, *(hit for hit in near if hit not in first and crosses(hit, language))]


class Sentences:
    """The sentences of some hits, embedded once and ranked for as many questions as there are."""

    def __init__(self, hits: Sequence[Document], embeddings: TextEmbeddings) -> None:
        self._hits, self._embeddings = hits, embeddings
        self._rows = list(_sentences(hits))
        if self._rows:
            self._vectors = embeddings.embed_array([_named(row) for row in self._rows], "passage")

    def rank(self, question: str) -> list[Evidence]:
        """The likeliest first."""
        if not self._rows:
            return []
        language, crossing = detect_language(question), crossing_of(self._embeddings.fingerprint.model)
        cosines = self._vectors @ np.asarray(self._embeddings.embed_query(question), dtype=np.float32)
        weights = TermWeights(question, [row.text for row in self._rows])
        kind = question_kind(question)
        known = {str(hit.id): HitView(hit, language, crossing, weights) for hit in self._hits}
        found = []
        for row, cosine in zip(self._rows, cosines, strict=True):
            view = known[str(row.hit.id)]
            features = Features(
                cosine=float(cosine) + view.gap,
                coverage=view.coverage(row.text),
                hit_coverage=view.hit_coverage,
                hit_cosine=view.cosine,
                fits_kind=fits(kind, row.text),
                opens=float(row.opens),
            )
            begin = row.hit.metadata["start"] + row.start
            end = begin + len(row.text)
            found.append(
                Evidence(hit=row.hit, start=begin, end=end, text=row.text, features=features, language=language)
            )
        return sorted(found, key=lambda evidence: -evidence.score)

    def rank_by_both(self, question: str, asked: str) -> list[Evidence]:
        """By the mean of two questions, such as one with its context and one without."""
        other = {(item.hit.id, item.start): item.features for item in self.rank(asked)}
        both = [
            replace(item, features=item.features.mean(other[item.hit.id, item.start])) for item in self.rank(question)
        ]
        return sorted(both, key=lambda evidence: -evidence.score)


def sentence_at(hit: Document, start: int, end: int, evidence: Sequence[Evidence]) -> Evidence:
    """The sentence or sentences around the characters `start`…`end` of a hit, with the features that `evidence` knows.

    What was no evidence by itself, such as a heading, has those of the weakest sentence.
    """
    inside = [unit for unit in _units(hit.page_content) if unit[0] < end and unit[1] > start] or [(start, end)]
    left, right = inside[0][0], inside[-1][1]
    begin = hit.metadata["start"] + left
    known = [item for item in evidence if item.hit.id == hit.id]
    same = next((item for item in known if item.start == begin), (known or list(evidence))[-1])
    return replace(same, hit=hit, start=begin, end=begin + right - left, text=hit.page_content[left:right])


class HitView:
    """What is told of a hit, and how its sentences are compared with the question: by words or across languages."""

    def __init__(self, hit: Document, language: Language, crossing: Crossing | None, weights: TermWeights) -> None:
        self._across = crossing if crosses(hit, language) else None
        self._weights = weights
        self.gap = self._across.gap if self._across else 0.0
        self.cosine = level_cosine(hit, language, crossing)
        if self._across:
            self.cosine -= self._across.prior * float(hit.metadata.get("prior") or 0.0)
        whole = f"{names_of(hit.metadata)} {hit.page_content}"
        self.hit_coverage = weights.anchored(whole, self._across.coverage) if self._across else weights.share(whole)

    def coverage(self, text: str) -> float:
        return self._weights.anchored(text, self._across.coverage) if self._across else self._weights.share(text)


@dataclass(frozen=True, slots=True)
class Sentence:
    hit: Document
    start: int
    """Counted from the beginning of the hit."""
    text: str
    opens: bool


def _sentences(hits: Sequence[Document]) -> Iterator[Sentence]:
    seen = set()
    for hit in hits:
        for number, (start, end) in enumerate(_units(hit.page_content)):
            text = hit.page_content[start:end]
            place = (hit.metadata["document_id"], hit.metadata["start"] + start)
            if place not in seen and terms(text) and not _says_nothing(text, hit):
                seen.add(place)
                yield Sentence(hit, start, text, number == 0)


def _units(text: str) -> Iterator[tuple[int, int]]:
    """Sentences, but a record of `name: value` lines stays whole: a line of it says little by itself."""
    for block in BLOCK.finditer(text):
        start, end = block.span()
        lines = block[0].strip().splitlines()
        if len(lines) > 1 and all(map(FIELD.match, lines)):
            yield start, start + len(block[0].rstrip())
        else:
            yield from ((start + first, start + last) for first, last in split_sentences(text[start:end]))


def _says_nothing(text: str, hit: Document) -> bool:
    """Whether `text` is a note in brackets, an entry of a table of contents, or a heading."""
    names = [hit.metadata.get("title") or "", *(hit.metadata.get("heading") or "").split(" > ")]
    return text.strip("# \n") in names or bool(NOTE.fullmatch(text) or HEADING.fullmatch(text))


def _named(row: Sentence) -> str:
    """Title, heading and sentence: "He was born in 1879" alone says nothing of whom. Worth 0.06 to 0.12 in accuracy."""
    return f"{names_of(row.hit.metadata)}\n{row.text[:LONGEST]}".strip()


class TermWeights:
    """How much each term of a question tells, by how rare it is among the sentences compared."""

    def __init__(self, question: str, sentences: Sequence[str]) -> None:
        seen = Counter(term for sentence in sentences for term in terms(sentence))
        self.weights = {term: math.log(1 + len(sentences) / (0.5 + seen[term])) for term in question_terms(question)}
        self._anchors = self.weights.keys() & anchors(question)
        self._told = min(1.0, count_content_words(question) / SUBJECT)

    def share(self, text: str) -> float:
        """Weight of the question's terms that stand in `text`, 0 to 1; 0 for a question without terms."""
        return self._share(text, self.weights.keys())

    def anchored(self, text: str, usual: float) -> float:
        """Across languages: `usual`; up to twice as much for terms that both write alike, 0 where those are missing.

        Less for a question that hardly says what it is about ("When was that?"), as it is near to everything.
        """
        return usual * (2 * self._share(text, self._anchors) if self._anchors else self._told)

    def _share(self, text: str, wanted: Set[str]) -> float:
        present, total = terms(text), sum(self.weights[term] for term in wanted)
        return sum(self.weights[term] for term in wanted if term in present) / total if total else 0.0
