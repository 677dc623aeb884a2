"""Do the hits hold the answer? A logistic estimate that decides between answering and saying that they do not tell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.documents import Document

from ondol.answer.crossing import Crossing, crossing_of, level_cosine
from ondol.answer.evidence import Evidence
from ondol.answer.found import Found
from ondol.lang import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Weights of the estimate for one embedder; cosines of another mean other things."""

    cosine: float
    """Of the question and the best sentence."""
    hit_coverage: float
    """Of the question's terms by the hit that holds it."""
    coverage: float
    """Of the question's terms by the sentence itself."""
    margin: float
    """How far the nearest document's cosine stands above the mean of the next seven."""
    bias: float
    background: float
    """Cosine of unrelated texts, used for the margin when there is a single document."""


GATES = {
    "multilingual-e5-small": Gate(
        cosine=31.5, hit_coverage=1.85, coverage=0.0, margin=45.2, bias=-30.0, background=0.76
    ),
}
"""Fitted on half of the `tydiqa_*` questions (seed 13), with and without their passage, in libraries of 4, 15, 100 and
all passages (`benchmarks/answers.py --fit`); docs/answering.md has the figures on the other half."""
GATES_ACROSS = {
    "multilingual-e5-small": Gate(
        cosine=30.6, hit_coverage=15.0, coverage=0.0, margin=41.0, bias=-29.4, background=0.76
    ),
}
"""For a best sentence in another language than the question. Cosine and margin were fitted on the even documents of
`benchmarks/cross_lingual.py` and 90 questions of the same `tydiqa_*` half in the other language, which are not kept;
wrong and right weigh the same. The coverage takes back what questions without a subject would gain."""
WORDS_ONLY = Gate(cosine=0.0, hit_coverage=5.4, coverage=1.05, margin=0.0, bias=-2.4, background=0.0)
"""For embedders that nobody has calibrated; fitted in the same way."""
READ = (0.53, 0.11, -0.13)
"""Weights of the gate's own logit and of the reader's margin, and the bias: fitted by `recipes/reader/calibrate.py` on
325 questions with and without their passage, the bias so that 85 % of those with it are answered."""
THRESHOLD = 0.5
"""Below it, ondol abstains."""


def estimate(evidence: Sequence[Evidence], hits: Sequence[Document], *, model: str) -> float:
    """Probability that the hits hold the answer, 0 when there is nothing to read.

    Args:
        evidence: sentences, the likeliest first.
        hits: chunks, best first; more than were read, so that other documents are among them.
        model: the embedder's spec, `onnx:multilingual-e5-small`.
    """
    if not evidence or not hits:
        return 0.0
    best, language = evidence[0], evidence[0].language
    gate = (GATES_ACROSS if best.crosses else GATES).get(model.partition(":")[2], WORDS_ONLY)
    top, others = _by_document(hits, language, crossing_of(model) if best.crosses else None)
    background = sum(others) / len(others) if others else gate.background
    logit = (
        gate.cosine * best.features.cosine
        + gate.hit_coverage * best.features.hit_coverage
        + gate.coverage * best.features.coverage
        + gate.margin * (top - background)
        + gate.bias
    )
    return 1 / (1 + math.exp(-logit))


def estimate_read(confidence: float, found: Sequence[Found]) -> float:
    """The probability once a reader has looked for the answer in the hits."""
    before = min(max(confidence, 1e-9), 1 - 1e-9)
    gate, margin, bias = READ
    logit = gate * math.log(before / (1 - before)) + margin * found[0].margin + bias
    return 1 / (1 + math.exp(-logit))


def _by_document(hits: Sequence[Document], language: Language, crossing: Crossing | None) -> tuple[float, list[float]]:
    """Cosine of the nearest document, and of each of the next seven; a document is as near as its nearest hit.

    By cosine and not by the order of the hits, which a search for words has a part in. Documents in the other language
    are put up by `crossing` only for an answer from one: many say the same in both, which is no sign against it.
    """
    nearest: dict[str, float] = {}
    for hit in hits:
        name, cosine = hit.metadata["document_id"], level_cosine(hit, language, crossing)
        nearest[name] = max(cosine, nearest.get(name, cosine))
    top, *others = sorted(nearest.values(), reverse=True)
    return top, others[:7]
