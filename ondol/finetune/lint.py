"""What is wrong with examples, told before anything is learnt from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ondol.finetune import lint_amount, lint_answers, lint_same, lint_text
from ondol.finetune.examples import Example
from ondol.finetune.lint_finding import ORDER, Finding, make_finding
from ondol.finetune.lint_personal import find_personal

__all__ = ["Finding", "lint_examples"]


def lint_examples(
    train: Sequence[Example], valid: Sequence[Example], *, problems: Sequence[str] = (),
    count_tokens: Callable[[str], int] | None = None, max_tokens: int = 0, valid_given: bool = False,
) -> list[Finding]:  # fmt: skip
    """Errors first, then warnings, then notes.

    Args:
        problems: rows that were left out, `WHERE: REASON`.
        count_tokens: text → tokens of the base; estimated where not given.
        max_tokens: longer examples are left out; 0 sets no limit.
        valid_given: the held-out part is a file of its own.
    """
    learnt, held = _once(train), _once(valid)
    both = [*learnt, *held]
    chats = [example for example in both if example.turns]
    found = [
        *_left_out(problems),
        *lint_amount.find_too_few(learnt, held, given=valid_given),
        *lint_answers.find_empty(both),
        *lint_text.find_broken_text(both),
        *lint_same.find_leaks(learnt, held),
        *lint_same.find_duplicates(learnt),
        *lint_same.find_contradictions([example for example in learnt if example.turns]),
        *lint_answers.find_truncated(chats),
        *lint_answers.find_echoes(chats),
        *lint_answers.find_labels(chats),
        *lint_text.find_marks(both),
        *lint_text.find_mixed_languages(both),
        *find_personal(both),
        *lint_amount.find_long(both, count_tokens, max_tokens),
    ]
    return sorted(found, key=lambda finding: ORDER.index(finding.level))


def _once(examples: Sequence[Example]) -> list[Example]:
    """Without the copies of one row that a weight makes."""
    named = {(example.where, repr(example.turns), example.text): example for example in examples if example.where}
    return [*named.values(), *(example for example in examples if not example.where)]


def _left_out(problems: Sequence[str]) -> Iterator[Finding]:
    if problems:
        yield make_finding(
            "left_out", "warning", "{count} rows hold no example and are left out: {reason}", "Correct these rows.",
            (problem.partition(": ")[0] for problem in problems), count=len(problems), reason=problems[0],
        )  # fmt: skip
