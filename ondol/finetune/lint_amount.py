"""Whether there are enough examples to learn from and to measure with, and none that is far too long."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Sequence

from ondol.finetune.data import LEAST_HELD_OUT
from ondol.finetune.examples import Example
from ondol.finetune.lint_finding import Finding, make_finding
from ondol.lang import is_hangul

MEASURABLE = 50
FEWEST = 6
"""Questions that must differ: with five, all one way, a sign test still says p = 0.0625."""
SPOILT = 0.075
"""Share of the questions that are right before and wrong after, assumed for the power of a comparison."""
SURE = 1.96 + 0.84
"""Standard errors between no difference and one that is found in 80 % of the tries, at 5 %."""
FAR = 10
"""Times the median from which on an answer is an outlier."""
LONG = 500


def detectable_difference(questions: int) -> float:
    """Smallest difference of the share of right answers that a paired comparison finds in four of five tries.

    Of n questions, d + `SPOILT` become right and `SPOILT` wrong: the mean has variance (d + 2 · SPOILT − d²) / n.
    """
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        error = math.sqrt(max(0.0, middle + 2 * SPOILT - middle**2) / questions)
        low, high = (middle, high) if middle < SURE * error else (low, middle)
    return high


def find_too_few(train: Sequence[Example], valid: Sequence[Example], *, given: bool) -> Iterator[Finding]:
    """Args:
    given: the held-out part is a file of its own.
    """
    total = len(train) + (0 if given else len(valid))
    rows = [example.where for example in (*train, *valid)] if total < LEAST_HELD_OUT else []
    if len(train) == 1:
        yield make_finding(
            "one_example", "warning", "There is one example to learn from: the model will learn it by heart.",
            "Write at least 50 examples, each another question.", rows,
        )  # fmt: skip
    if len(valid) < LEAST_HELD_OUT:
        yield _not_evaluated(total, len(valid), given, rows)
    elif len(valid) < FEWEST:
        yield make_finding(
            "few_held_out", "warning",
            "{count} held-out questions can show no difference: even if all of them went one way, it could be chance.",
            "Hold out 50 questions or more: --valid FILE, or more examples.", count=len(valid),
        )  # fmt: skip
    elif len(valid) < MEASURABLE:
        points = math.ceil(100 * detectable_difference(len(valid)))
        yield make_finding(
            "few_held_out", "note",
            "{count} held-out questions show only large differences: about {points} points of right answers or more; "
            "200 show 10.",
            "Hold out more to see less: --valid FILE, or more examples.", count=len(valid), points=points,
        )  # fmt: skip


def _not_evaluated(total: int, held: int, given: bool, rows: Sequence[str]) -> Finding:
    if given:
        return make_finding(
            "not_evaluated", "warning",
            "What is learnt cannot be evaluated: the held-out file has {held} examples, and with fewer than {least} "
            "every result could be chance.",
            "Hold out 50 questions or more: --valid FILE, or more examples.", held=held, least=LEAST_HELD_OUT,
        )  # fmt: skip
    if total < LEAST_HELD_OUT:
        return make_finding(
            "not_evaluated", "warning",
            "{total} examples cannot be evaluated: none can be held out, for at least {least} are needed for that, and "
            "a model that only repeats its own examples would look perfect.",
            "Write at least 50 examples, or give questions that are not learnt: --valid FILE.", rows, total=total,
            least=LEAST_HELD_OUT,
        )  # fmt: skip
    return make_finding(
        "not_evaluated", "warning",
        "What is learnt cannot be evaluated: of {total} examples none is held out, for the share would be fewer than "
        "{least}.",
        "Give more examples, a greater share (--set valid_share=0.3), or --valid FILE.", total=total,
        least=LEAST_HELD_OUT,
    )  # fmt: skip


def find_long(
    examples: Sequence[Example], count_tokens: Callable[[str], int] | None, max_tokens: int
) -> Iterator[Finding]:
    """Examples over the limit, and answers far longer than the others."""
    texts = ["\n".join((*(turn["content"] for turn in example.turns), example.text)) for example in examples]
    count = count_tokens or estimate_tokens
    over = [e for e, text in zip(examples, texts, strict=True) if max_tokens and e.turns and count(text) > max_tokens]
    if over:
        yield make_finding(
            "too_long", "warning",
            "{count} examples are longer than {limit} tokens and will be left out."
            if count_tokens
            else "{count} examples seem to be longer than {limit} tokens (estimated) and would be left out.",
            "Shorten them, or allow more: --set max_tokens=…", (example.where for example in over), count=len(over),
            limit=max_tokens,
        )  # fmt: skip
    lengths = [len(example.answer) for example in examples]
    usual = statistics.median(lengths) if lengths else 0
    far = [e for e, size in zip(examples, lengths, strict=True) if size > max(LONG, FAR * usual)]
    if far and len(far) <= 0.02 * len(examples):
        yield make_finding(
            "long_answer", "note",
            "{count} answers are more than ten times as long as most: the longest has {longest} characters, half have "
            "at most {usual}.",
            "See whether several answers ran together, or whole documents slipped in.",
            (example.where for example in far), count=len(far), longest=max(lengths), usual=round(usual),
        )  # fmt: skip


def estimate_tokens(text: str) -> int:
    """Fewer than most tokenizers make: half a token a Hangul syllable, a token for five other characters."""
    hangul = sum(map(is_hangul, text))
    return hangul // 2 + (len(text) - hangul) // 5
