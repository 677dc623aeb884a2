"""Messages → token ids with labels: what training sees is, token by token, what serving asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ondol.errors import UnusableInput

IGNORED = -100
"""The label of a token that is read but not learnt, as torch's cross entropy has it."""
Turn = dict[str, str]
"""`role` (system, user or assistant) and `content`."""
Render = Callable[[Sequence[Turn], bool], str]
"""Messages, and whether the start of an answer follows them → the text that the chat template makes of them."""
Tokenize = Callable[[str], list[int]]
"""A text → its ids, without marks around it."""


@dataclass(frozen=True, slots=True)
class Encoded:
    ids: list[int]
    labels: list[int]
    """As many as `ids`, not shifted: the id itself where it is learnt, else `IGNORED`."""

    @property
    def trained(self) -> int:
        return sum(label != IGNORED for label in self.labels)

    def split_last(self) -> tuple[list[int], list[int]]:
        """The ids before the last answer, and those of it with its end."""
        end = max(place for place, label in enumerate(self.labels) if label != IGNORED) + 1
        start = next(place for place in range(end, 0, -1) if self.labels[place - 1] == IGNORED)
        return self.ids[:start], self.ids[start:end]


def encode_turns(turns: Sequence[Turn], *, render: Render, tokenize: Tokenize, ends: frozenset[int]) -> Encoded:
    """A conversation in which every answer is learnt with the token that ends it, and nothing else.

    An answer begins where the tokens of the prompt before it end; where a template's tokens run together at that
    place, with the first token that differs.

    Args:
        ends: tokens that end an answer.

    Raises:
        UnusableInput: there is no answer, no prompt, or no end behind an answer.
    """
    answers = [place for place, turn in enumerate(turns) if turn["role"] == "assistant"]
    if not answers or not any(turn["content"].strip() for turn in turns if turn["role"] == "assistant"):
        raise UnusableInput("There is no answer to learn.")
    ids = tokenize(render(turns, False))
    labels = [IGNORED] * len(ids)
    for place in answers:
        start = _shared(ids, tokenize(render(turns[:place], True)))
        stop = _shared(ids, tokenize(render(turns[: place + 1], False)))
        end = next((number for number in range(start, stop) if ids[number] in ends), None)
        if end is None:
            raise UnusableInput("The template sets no end behind the answer: a model would never learn to stop.")
        labels[start : end + 1] = ids[start : end + 1]
    return check(Encoded(ids, labels))


def encode_text(ids: Sequence[int], *, begin: Sequence[int], end: int | None) -> Encoded:
    """The tokens of a text that is learnt as a whole, from its first on; the marks at the beginning are only read.

    Args:
        end: the token that ends it; None where it goes on.

    Raises:
        UnusableInput: it is empty.
    """
    if not ids:
        raise UnusableInput("The text is empty.")
    tail = [] if end is None else [end]
    return Encoded([*begin, *ids, *tail], [*[IGNORED] * len(begin), *ids, *tail])


def check(encoded: Encoded) -> Encoded:
    """The same, unless nothing or everything in it is learnt.

    Raises:
        UnusableInput: with what is wrong.
    """
    if not encoded.trained:
        raise UnusableInput("None of its tokens is learnt.")
    if encoded.trained == len(encoded.ids):
        raise UnusableInput("All of its tokens are learnt, the prompt too.")
    return encoded


def check_begin(ids: Sequence[int], begin: int | None) -> None:
    """Raises UnusableInput where the mark that begins a text stands twice: of the template, and of the tokenizer."""
    if begin is not None and list(ids[:2]) == [begin, begin]:
        raise UnusableInput("The token that begins a text stands twice at the beginning.")


def _shared(left: Sequence[int], right: Sequence[int]) -> int:
    """How many tokens both begin with."""
    return next(
        (place for place, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right))
    )
