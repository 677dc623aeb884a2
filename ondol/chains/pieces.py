"""A text in pieces that fit a model's window, cut between sentences."""

from __future__ import annotations

from collections.abc import Callable

from ondol.ingest.sentences import split_sentences

Count = Callable[[str], int]


def split_to_fit(text: str, room: int | None, count: Count) -> list[tuple[int, int]]:
    """Start and end of pieces of at most `room` tokens, in order; only white space stands between them.

    Args:
        room: at least 1; None makes one piece.
    """
    if room is None or count(text) <= room:
        return [(0, len(text))]
    pieces: list[tuple[int, int]] = []
    held = 0
    for start, end in split_sentences(text):
        for begin, stop in _cut(text, start, end, room, count):
            size = count(text[begin:stop]) + 1  # the white space before it
            if pieces and held + size <= room and count(text[pieces[-1][0] : stop]) <= room:
                pieces[-1] = (pieces[-1][0], stop)
                held += size
            else:
                pieces.append((begin, stop))
                held = size
    return pieces


def _cut(text: str, start: int, end: int, room: int, count: Count) -> list[tuple[int, int]]:
    """A sentence, in halves as long as one is too long; at white space where there is some."""
    if end - start < 2 or count(text[start:end]) <= room:
        return [(start, end)]
    middle = (start + end) // 2
    blank = max(text.rfind(mark, start + 1, middle) for mark in (" ", "\n"))
    middle = blank if blank > start else middle
    return [*_cut(text, start, middle, room, count), *_cut(text, middle, end, room, count)]
