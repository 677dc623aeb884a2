"""Examples that stand more than once, leak from what is learnt into what is held out, or contradict each other."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ondol.finetune.examples import Example
from ondol.finetune.lint_alike import near_pairs
from ondol.finetune.lint_finding import Finding, make_finding, quoted

SHORT = 12
"""Letters; shorter answers are the same by chance."""
CLASSES = 0.2
"""Fewer different answers than this share of the examples are classes, which recur on purpose."""
SENTENCE_END = re.compile(r"([.!?…。~]|[다요죠까네지군])[\"'”’)\]]*$")
FACT = re.compile(r"\b(when|where|who|which|how (many|much)|what is the)\b|언제|어디|누가|누구|몇|얼마", re.IGNORECASE)
YES_NO = re.compile(r"(yes|no|true|false|네|예|아니요|아니오|참|거짓|맞다|틀리다|맞음|틀림)\.?", re.IGNORECASE)


def plain(text: str) -> str:
    return " ".join(text.casefold().split())


def asked(example: Example) -> str:
    """All that is said before the last answer, without a system message; or the text."""
    return "\n".join(turn["content"] for turn in example.prompt if turn["role"] != "system") or example.text


def whole(example: Example) -> str:
    return f"{asked(example)}\n{example.answer}"


def find_duplicates(train: Sequence[Example]) -> Iterator[Finding]:
    """Exact ones, then nearly the same ones; the copies that a weight makes are not among them."""
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in train:
        groups[plain(whole(example))].append(example)
    again = [group for group in groups.values() if len(group) > 1]
    if again:
        yield make_finding(
            "duplicate", "warning",
            "{copies} of {total} examples are copies of another one, such as “{text}”.",
            "Delete the copies: what stands twice is learnt twice as hard. To count a file more often, give it "
            "a weight.",
            (example.where for group in again for example in group),
            copies=sum(len(group) - 1 for group in again), total=len(train), text=quoted(asked(again[0][0])),
        )  # fmt: skip
    single = [group[0] for group in groups.values()]
    pairs = near_pairs([whole(example) for example in single])
    if pairs:
        one, other = (single[place] for place in pairs[0][:2])
        yield make_finding(
            "near_duplicate", "note", "{pairs} pairs of examples are nearly the same, such as “{one}” and “{other}”.",
            "Read the pairs: keep both where the other wording is meant, else delete one.",
            (single[place].where for pair in pairs for place in pair[:2]),
            pairs=len(pairs), one=quoted(asked(one)), other=quoted(asked(other)),
        )  # fmt: skip


def find_leaks(train: Sequence[Example], valid: Sequence[Example]) -> Iterator[Finding]:
    """Held-out questions or answers that are learnt too."""
    learnt = {plain(asked(example)): example for example in train}
    same = [example for example in valid if plain(asked(example)) in learnt]
    if same:
        yield make_finding(
            "leak", "error",
            "{count} of {total} held-out examples are learnt too, word for word, such as “{text}”: what is measured on "
            "them says nothing.",
            "Delete them from one of the two parts.",
            (example.where for example in same), count=len(same), total=len(valid), text=quoted(asked(same[0])),
        )  # fmt: skip
    left = [example for example in valid if plain(asked(example)) not in learnt]
    known = list(learnt.values())
    pairs = [
        (known[a], left[b - len(known)])
        for a, b, _ in near_pairs([asked(example) for example in (*known, *left)])
        if a < len(known) <= b
    ]
    if pairs:
        learnt_one, held = pairs[0]
        yield make_finding(
            "near_leak", "warning",
            "{count} of {total} held-out questions are nearly the same as one that is learnt, such as “{held}” and "
            "“{learnt}”: the result will look better than it is.",
            "Move the pair to the same side, or hold out other questions with --valid FILE.",
            (held.where for _, held in pairs), count=len({id(held) for _, held in pairs}), total=len(valid),
            held=quoted(asked(held)), learnt=quoted(asked(learnt_one)),
        )  # fmt: skip
    yield from _answer_leaks(train, left, total=len(valid))


def _answer_leaks(train: Sequence[Example], valid: Sequence[Example], *, total: int) -> Iterator[Finding]:
    known = Counter(plain(example.answer) for example in train)
    if len(known) < CLASSES * len(train):
        return
    same = [example for example in valid if len(plain(example.answer)) >= SHORT and known[plain(example.answer)]]
    if same:
        yield make_finding(
            "answer_leak", "note",
            "{count} of {total} held-out answers are learnt with another question, such as “{text}”: a model can be "
            "right by repeating them.",
            "Stock replies may recur. Where an answer is a fact, hold out all questions that have it.",
            (example.where for example in same), count=len(same), total=total, text=quoted(same[0].answer),
        )  # fmt: skip


def find_contradictions(train: Sequence[Example]) -> Iterator[Finding]:
    """The same question with answers that differ: facts that exclude each other, or several replies."""
    groups: dict[str, dict[str, Example]] = defaultdict(dict)
    for example in train:
        if example.answer.strip():
            groups[plain(asked(example))].setdefault(_bare(example.answer), example)
    several = [answers for answers in groups.values() if len(answers) > 1]
    against = [answers for answers in several if _exclude(answers)]
    if against:
        one, other = list(against[0].values())[:2]
        yield make_finding(
            "contradiction", "warning",
            "{count} questions have answers that exclude each other, such as “{question}”: “{one}” and “{other}”.",
            "Keep the right answer, or write into the question what makes the difference.", _rows(against),
            count=len(against), question=quoted(asked(one)), one=quoted(one.answer), other=quoted(other.answer),
        )  # fmt: skip
    replies = [answers for answers in several if not _exclude(answers)]
    if replies:
        one, other = list(replies[0].values())[:2]
        yield make_finding(
            "several_answers", "note",
            "{count} questions have more than one answer, such as “{question}”: “{one}” and “{other}”.",
            "Good for small talk, where several replies are right. Where a fact is asked for, keep one answer.",
            _rows(replies), count=len(replies), question=quoted(asked(one)), one=quoted(one.answer),
            other=quoted(other.answer),
        )  # fmt: skip


def _exclude(answers: Mapping[str, Example]) -> bool:
    return exclude_each_other(asked(next(iter(answers.values()))), [example.answer for example in answers.values()])


def exclude_each_other(question: str, answers: Iterable[str]) -> bool:
    """Short values instead of sentences, or sentences that differ in nothing but their numbers."""
    rows = [plain(answer) for answer in answers]
    words = 2 if FACT.search(question) else 0
    if all(YES_NO.fullmatch(row) or _is_value(row, words) for row in rows):
        return True
    without = {re.sub(r"\d+", "#", row) for row in rows}
    return len(without) < len(rows) and len({tuple(re.findall(r"\d+", row)) for row in rows}) > 1


def _is_value(text: str, words: int) -> bool:
    """No sentence, or one of at most so many words."""
    return len(text) <= 40 and (not SENTENCE_END.search(text) or len(text.split()) <= words)


def _bare(answer: str) -> str:
    """Without the difference that punctuation and spaces make."""
    text = plain(answer)
    return text if text.endswith(("?", "!", "~")) else re.sub(r"[.\s]+$", "", text)


def _rows(groups: Iterable[Mapping[str, Example]]) -> Iterator[str]:
    return (example.where for answers in groups for example in answers.values())
