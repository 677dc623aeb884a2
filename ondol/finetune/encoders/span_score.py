"""How right an answer is: SQuAD for English, KorQuAD's characters for Korean, and answers that do not exist."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

from ondol.lang import detect_language, nfc

ARTICLES = re.compile(r"\b(a|an|the)\b")
MARKS = str.maketrans("", "", string.punctuation + "‘’“”《》〈〉「」『』·")


def normalise(text: str) -> str:
    """Lower case, no punctuation, no English articles, single spaces."""
    return " ".join(ARTICLES.sub(" ", nfc(text).lower().translate(MARKS)).split())


def exact(answer: str, right: Sequence[str]) -> float:
    """1 where it equals a right answer, or where both are none."""
    return float(any(normalise(answer) == normalise(one) for one in right or [""]))


def overlap(answer: str, right: Sequence[str]) -> float:
    """F1 over words (English) or characters (Korean), against the right answer that fits best.

    Source: Rajpurkar et al. 2016 (SQuAD); Lim et al. 2019 (KorQuAD 1.0).
    """
    return max(_f1(answer, one) for one in right or [""])


def _f1(answer: str, right: str) -> float:
    left, other = _units(answer, right), _units(right, right)
    if not left or not other:
        return float(left == other)
    shared = sum((Counter(left) & Counter(other)).values())
    return 2 * shared / (len(left) + len(other))


def _units(text: str, right: str) -> list[str]:
    plain = normalise(text)
    return list(plain.replace(" ", "")) if detect_language(right) == "ko" else plain.split()
