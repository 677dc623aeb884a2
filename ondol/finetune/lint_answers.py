"""Answers that teach what nobody wants: nothing, half a sentence, the question again, a letter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from ondol.finetune.examples import Example
from ondol.finetune.lint_finding import Finding, make_finding, quoted
from ondol.finetune.lint_same import plain

NOTHING = re.compile(r"[\s.,…·/_\-–—]*|n/?a|nan|null|todo|tbd", re.IGNORECASE)
OPEN_END = re.compile(r"[,，、(\[{（「『“‘:：\-–—]$")
HALF_ENGLISH = re.compile(r"\s(and|or|the|a|an|of|with|because|which|from|into)$", re.IGNORECASE)
HALF_KOREAN = re.compile(r"\s(그리고|또는|혹은|및|그러나|하지만|대한|위한|통한)$|[가-힣](를|에게서|으로써)$")
FINISHED = re.compile(
    r"[.!?…。！？~♡♥^ㅋㅎㅠㅜ)\]}\"'”’」』`|>*;\d]$|[다요죠까네지군음함임됨]$|[^\w\s.,:;]$|[-–—] ?\w+$"
)
LONG = 8
"""Words of an answer from which on it should end like a sentence, where nearly all others do."""
ENOUGH = 20
USUAL = 0.8
CUT = 40
"""Characters: shorter answers have the same length by chance."""
LABEL = re.compile(r"\(?[A-Za-z]\)?[.)]?|[①-⑳]|\(?[0-9]\)|[0-9]\.|[0-9]번")
ECHO = 8
"""Letters of a question; a shorter one (a name) may begin its own answer."""
CLASSIFYING = 0.5


def find_empty(examples: Sequence[Example]) -> Iterator[Finding]:
    empty = [
        example for example in examples if NOTHING.fullmatch(example.answer.strip() if example.turns else example.text)
    ]
    if empty:
        yield make_finding(
            "empty_answer", "error", "{count} answers say nothing, such as “{text}”.",
            "Write the answers, or delete the rows.",
            (example.where for example in empty), count=len(empty), text=quoted(empty[0].answer),
        )  # fmt: skip


def find_truncated(examples: Sequence[Example]) -> Iterator[Finding]:
    """Cut at one length, or ending in the middle of a sentence."""
    answered = [example for example in examples if len(example.answer.split()) > 1]
    cut = _cut_at_one_length(answered)
    if cut:
        yield make_finding(
            "cut_answers", "warning",
            "{count} answers have exactly the same length, {length} characters, and none is longer: they were cut "
            "there.",
            "Export them again without a limit: what is cut teaches the model to break off.",
            (example.where for example in cut), count=len(cut), length=len(cut[0].answer.strip()),
        )  # fmt: skip
    known = {id(example) for example in cut}
    half = [example for example in answered if id(example) not in known and _breaks_off(example.answer)]
    known |= {id(example) for example in half}
    half += [example for example in _without_end(answered) if id(example) not in known]
    if half:
        yield make_finding(
            "truncated_answer", "warning",
            "{count} answers seem to break off in the middle, such as “{text}”.",
            "Finish these answers, or delete the rows: what is cut teaches the model to break off.",
            (example.where for example in half), count=len(half), text=_end_of(half[0].answer),
        )  # fmt: skip


def _cut_at_one_length(examples: Sequence[Example]) -> list[Example]:
    """Those of the greatest length, where too many have it and hardly one of them ends like a sentence."""
    lengths = Counter(len(example.answer.strip()) for example in examples)
    longest = max(lengths, default=0)
    if longest < CUT or lengths[longest] < max(3, 0.02 * len(examples)):
        return []
    cut = [example for example in examples if len(example.answer.strip()) == longest]
    ended = sum(bool(FINISHED.search(example.answer.strip())) for example in cut)
    different = len({example.answer.strip() for example in cut})
    return cut if different == len(cut) and ended <= 0.5 * len(cut) else []


def _breaks_off(answer: str) -> bool:
    text = answer.strip()
    if OPEN_END.search(text) or HALF_ENGLISH.search(text) or text.count("```") % 2:
        return True
    if len(text.split()) > 2 and HALF_KOREAN.search(text):
        return True
    tail = text[-80:]
    return any(tail.rfind(left) > tail.rfind(right) for left, right in ("()", "[]", "「」", "『』", "“”")) and not (
        FINISHED.search(text)
    )


def _without_end(examples: Sequence[Example]) -> list[Example]:
    """Long answers that end like no sentence, where nearly all the long ones do."""
    long = [example for example in examples if len(example.answer.split()) >= LONG]
    open_ended = [example for example in long if not FINISHED.search(example.answer.strip())]
    return open_ended if len(long) >= ENOUGH and len(open_ended) <= (1 - USUAL) * len(long) else []


def _end_of(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"…{line[-59:]}"


def find_echoes(examples: Sequence[Example]) -> Iterator[Finding]:
    """Answers that begin with the question, or are it."""
    echoes = [
        example
        for example in examples
        if len(plain(example.question)) >= ECHO
        and " " in example.question.strip()
        and plain(example.answer).startswith(plain(example.question))
    ]
    if len(echoes) < (max(2, 0.01 * len(examples)) if len(examples) >= ENOUGH else 1):
        return
    many = len(echoes) >= max(2, CLASSIFYING * len(examples))
    yield make_finding(
        "echo", "warning" if many else "note",
        "{count} of {total} answers begin with the question itself, such as “{text}”.",
        "Take the question out of the answers: else the model learns to repeat what it is asked.",
        (example.where for example in echoes), count=len(echoes), total=len(examples), text=quoted(echoes[0].answer),
    )  # fmt: skip


def find_labels(examples: Sequence[Example]) -> Iterator[Finding]:
    """Answers that are the letter or the number of a choice."""
    answered = [example for example in examples if example.answer.strip()]
    labels = [example for example in answered if LABEL.fullmatch(example.answer.strip())]
    if labels:
        few = len(labels) < CLASSIFYING * len(answered)
        yield make_finding(
            "label_answer", "warning" if few else "note",
            "{count} of {total} answers are a letter or a number only, such as “{text}”: the model learns to answer "
            "like that.",
            "Write the answer out. For classes that are meant, train with --kind classifier.",
            (example.where for example in labels), count=len(labels), total=len(answered),
            text=labels[0].answer.strip(),
        )  # fmt: skip
