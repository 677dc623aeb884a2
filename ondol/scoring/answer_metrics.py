"""How near an answer comes to a reference: exact match, F1, ROUGE-L, chrF; and how often a text repeats itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ondol.lang import Language, nfc
from ondol.scoring.answer_text import korquad_units, normalise_korquad, normalise_squad, squad_units

ORDER, BETA = 6, 2.0
"""Of chrF2: n-grams of 1 to 6 characters, recall weighs twice as much as precision."""
REPEATED = 4
"""Words of an n-gram that counts as repeated."""


def f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    """Harmonic mean of precision and recall over units (words or characters), each as often as it stands there."""
    same = sum((Counter(said) & Counter(wanted)).values())
    return 2 * same / (len(said) + len(wanted)) if same else 0.0


def em_and_f1(said: str, references: Sequence[str], language: Language) -> tuple[float, float]:
    """By the rules of SQuAD (English) or KorQuAD 1.0 (Korean), each against the reference that fits best.

    Without a reference there is no answer: an empty text is right, and any other wrong.
    """
    normal, units = (normalise_korquad, korquad_units) if language == "ko" else (normalise_squad, squad_units)
    if not references:
        right = float(not normal(said))
        return right, right
    em = max(float(normal(said) == normal(one)) for one in references)
    return em, max(f1(units(said), units(one)) for one in references)


def rouge_l(said: Sequence[str], wanted: Sequence[str]) -> float:
    """F1 of the longest common subsequence of words.

    Source: Lin, ACL workshop 2004 (ROUGE-L with beta 1).
    """
    same = longest_common(said, wanted)
    return 2 * same / (len(said) + len(wanted)) if same else 0.0


def longest_common(a: Sequence[str], b: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(b) + 1)
    for left in a:
        corner = 0
        for place, right in enumerate(b, 1):
            above = row[place]
            row[place] = corner + 1 if left == right else max(above, row[place - 1])
            corner = above
    return row[-1]


def chrf(said: str, wanted: str) -> float:
    """chrF2 of one sentence, 0 to 1: F over n-grams of characters without white space.

    Precision and recall are means over the orders that both texts have.

    Source: Popović, WMT 2015; sacrebleu's `CHRF()` gives 100 times this.
    """
    a, b = ("".join(nfc(text).split()) for text in (said, wanted))
    orders = range(1, min(ORDER, len(a), len(b)) + 1)
    if not orders:
        return 0.0
    precision = recall = 0.0
    for order in orders:
        left, right = _grams(a, order), _grams(b, order)
        same = sum((left & right).values())
        precision += same / left.total() / len(orders)
        recall += same / right.total() / len(orders)
    weight = BETA**2
    return (1 + weight) * precision * recall / (weight * precision + recall) if precision else 0.0


def repetition(text: str) -> float:
    """Share of the 4-grams of words that stood there before; 0 in a text of fewer words."""
    words = nfc(text).split()
    grams = [tuple(words[start : start + REPEATED]) for start in range(len(words) - REPEATED + 1)]
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def _grams(text: str, order: int) -> Counter[str]:
    return Counter(text[start : start + order] for start in range(len(text) - order + 1))
