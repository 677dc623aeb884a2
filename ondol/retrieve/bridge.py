"""Documents in another language than the question: what they lack for that alone.

e5 puts a text nearer to every text in its own language. In a library of two languages the best passage of the other one
therefore stands below many of no use, and words cannot help it. Both is made good by what the collection itself shows:
the gap between the mean cosines of its languages, and the share of words that chance gives.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass

import numpy as np

from ondol.embeddings.contract import Matrix
from ondol.library.library import Library

SAMPLE = 300
"""Chunks that the mean vector of a language is told from."""
LIFT = 0.75
"""Share of the gap that is made good. With 1, Korean questions on Korean documents lose 0.009 (nDCG@10, a library of
both languages) instead of 0.005; with 0.5, 15 instead of 16 of 18 English documents are found, which may be chance."""
FEW = 8
"""Chunks of a language at which half of that is trusted: the mean of one or two chunks is those chunks themselves, and
making good their distance would take away what the question says about them."""
_MEANS: weakref.WeakKeyDictionary[Library, tuple[tuple[int, int], dict[str, tuple[int, Matrix]]]] = (
    weakref.WeakKeyDictionary()
)


@dataclass(frozen=True, slots=True)
class Bridge:
    """What makes up for another language."""

    language: str
    """The question's; chunks in others are lifted."""
    lift: float
    """Put on the cosine of such a chunk."""
    shift: Matrix
    """(dimension,) to be added to the question's vector, which then finds them first."""


def make_bridge(library: Library, language: str, vector: Matrix) -> Bridge | None:
    """The bridge for a question in `language`; None where all documents are in it, or none.

    Args:
        vector: the question's, (dimension,), less the prior.
    """
    means = _language_means(library)
    others = [mean for name, (_, mean) in means.items() if name != language]
    if language not in means or not others:
        return None
    step = np.mean(others, axis=0) - means[language][1]
    gap = -float(vector @ step)
    if gap <= 0:
        return None
    fewest = min(count for count, _ in means.values())
    lift = LIFT * gap * fewest / (fewest + FEW)
    return Bridge(language, lift, np.asarray(lift / float(step @ step) * step, dtype=np.float32))


def _language_means(library: Library) -> dict[str, tuple[int, Matrix]]:
    """Language → how many of its chunks were looked at, and their mean vector, (dimension,).

    Read again when the library was changed.
    """
    known = _MEANS.get(library)
    if known is None or known[0] != library.languages.state:
        found = {}
        for name, ids in library.languages.sample(SAMPLE).items():
            vectors = list(library.vectors.vectors_of(ids).values())
            if vectors:
                found[name] = len(vectors), np.asarray(np.mean(vectors, axis=0), dtype=np.float32)
        known = _MEANS[library] = (library.languages.state, found)
    return known[1]
