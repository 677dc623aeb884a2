"""Where a tokenizer's pieces stand in the text that they were cut from."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

SURROGATES = re.compile("[\ud800-\udfff]")
AHEAD = 64
"""Characters looked over for the next known piece behind one that stands for an unknown word."""


def without_surrogates(text: str) -> str:
    """Lone surrogates, which have no UTF-8, replaced one for one, so that offsets keep."""
    return SURROGATES.sub("\ufffd", text)


def locate_pieces(pieces: Sequence[bytes], text: str) -> list[tuple[int, int]]:
    """Start and end in characters of every piece, in order; together they cover all that is no space.

    Pieces that are the text's own bytes are placed by counting; one that ends inside a character covers it. Others
    come from tokenizers that change the text (width, case, accents, spaces): they are compared without those.
    """
    raw = text.encode()
    joined = b"".join(pieces)
    if joined in (raw, b" " + raw):  # a tokenizer may begin a text with a space of its own
        return _count_bytes(pieces, text, extra=len(joined) - len(raw))
    return _compare(["".join(_fold(piece.decode("utf-8", "replace"))) for piece in pieces], text)


def _count_bytes(pieces: Sequence[bytes], text: str, *, extra: int) -> list[tuple[int, int]]:
    character = [number for number, one in enumerate(text) for _ in one.encode()]  # byte → the character it is of
    ends = [0]
    for piece in pieces:
        ends.append(ends[-1] + len(piece))
    places = [max(0, end - extra) for end in ends]
    last = len(text)
    return [
        (character[a] if a < len(character) else last, character[b - 1] + 1 if b else 0) for a, b in pairwise(places)
    ]


def _compare(pieces: Sequence[str], text: str) -> list[tuple[int, int]]:
    """A piece that is not found stands for what lies between its neighbours."""
    places = [number for number, one in enumerate(text) for _ in _fold(one)]  # folded character → its place in `text`
    folded = "".join(letter for one in text for letter in _fold(one))
    ends: list[int | None] = []
    at = 0
    for number, piece in enumerate(pieces):
        found = at if folded.startswith(piece, at) else folded.find(_probe(pieces, number), at, at + AHEAD)
        known = bool(piece) and found >= 0
        if known and None in ends[-1:]:  # what was passed over belongs to the unknown ones before
            ends[-1] = found
        at = found + len(piece) if known else at
        ends.append(at if known else None if piece else at)
    if ends:
        ends[-1] = len(folded)
    spans, start = [], 0
    for end in ends:
        stop = start if end is None else end
        spans.append((start, stop))
        start = stop
    return [_to_characters(a, b, places, len(text)) for a, b in spans]


def _probe(pieces: Sequence[str], number: int) -> str:
    """The piece with the one behind it: a letter alone is found in too many places."""
    return "".join(pieces[number : number + 2])


def _to_characters(start: int, end: int, places: list[int], length: int) -> tuple[int, int]:
    first = places[start] if start < len(places) else length
    inside = 0 < start < len(places) and places[start - 1] == first  # ¼ is three letters of one character
    return first, places[end - 1] + 1 if end > start else first + inside


def _fold(text: str) -> list[str]:
    """What tokenizers keep of a text: no width, case, accents, spaces and controls."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return [one for one in plain if unicodedata.category(one)[0] not in "MZC" and one != "▁"]
