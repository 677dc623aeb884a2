"""Where on a page of a PDF a passage of its text stands."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium_c

from ondol.lang import nfc

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in points, from the page's lower left corner."""
PARTS = re.compile(r"[^\n]+"), re.compile(r"\S+")
"""What is looked for where a passage does not stand on the page in one piece: its lines, then its words."""
MOST_CHARACTERS, MOST_MARKED = 100_000, 10_000
"""Of a page, which has 3,000 in a book, and of what is marked on it."""


@dataclass(frozen=True, slots=True)
class Squeezed:
    """A text without white space, composed, and where each of its characters came from."""

    text: str
    places: list[int]

    @classmethod
    def of(cls, characters: Sequence[str]) -> Squeezed:
        kept: list[str] = []
        places: list[int] = []
        for place, character in enumerate(characters):
            if character.isspace() or not character.isprintable():
                continue
            joined = nfc(kept[-1] + character) if kept and ord(character) > 0x2FF else ""
            if len(joined) == 1:  # a vowel of Hangul, an accent
                kept[-1] = joined
            else:
                kept.append(character)
                places.append(place)
        return cls("".join(kept), places)


def find_boxes(text_page: Any, text: str, start: int, end: int) -> list[Box]:
    """A box for each line of `text[start:end]` on the page; none of what does not stand there.

    Args:
        text: of the whole page, as the library has it: lines may be joined, columns and tables in another order.
    """
    count = min(text_page.count_chars(), MOST_CHARACTERS)
    codes = [pdfium_c.FPDFText_GetUnicode(text_page.raw, index) for index in range(count)]
    page = Squeezed.of([chr(code) if code < 0x110000 else " " for code in codes])
    found = _Passages(page.text, text).find(start, min(end, start + MOST_MARKED))
    boxes = [_box(text_page.raw, page.places[place]) for first, last in found for place in range(first, last)]
    return join_boxes(boxes)


def join_boxes(boxes: Sequence[Box]) -> list[Box]:
    """Boxes of characters that follow one another, put together as far as they stand on one line."""
    lines: list[Box] = []
    for box in boxes:
        if lines and _same_line(lines[-1], box):
            last = lines[-1]
            lines[-1] = min(last[0], box[0]), min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3])
        else:
            lines.append(box)
    return lines


class _Passages:
    """Finds passages of the library's text in what the page says."""

    def __init__(self, page: str, text: str) -> None:
        self._page, self._text, self._squeezed = page, text, Squeezed.of(text)

    def find(self, start: int, end: int, parts: Sequence[re.Pattern[str]] = PARTS) -> Iterator[tuple[int, int]]:
        """Spans of the page: the whole passage where it stands there, else its parts.

        Of several places it is the one with as many before it as in the text.
        """
        first, last = (bisect_left(self._squeezed.places, place) for place in (start, end))
        passage = self._squeezed.text[first:last]
        if not passage:
            return
        places = _places(self._page, passage)
        if places:
            nth = len(_places(self._squeezed.text[: last - 1], passage))  # one that runs into it counts too
            place = places[min(nth, len(places) - 1)]
            yield place, place + len(passage)
            return
        for number, part in enumerate(parts, 1):
            for match in part.finditer(self._text, start, end):
                yield from self.find(*match.span(), parts[number:])
            return


def _places(text: str, passage: str) -> list[int]:
    places, place = [], text.find(passage)
    while place >= 0:
        places.append(place)
        place = text.find(passage, place + 1)
    return places


def _same_line(line: Box, box: Box) -> bool:
    """Whether they share half of the lower one's height, and stand no further apart than a few letters."""
    shared = min(line[3], box[3]) - max(line[1], box[1])
    height = min(line[3] - line[1], box[3] - box[1])
    return shared > 0.5 * height and box[0] - line[2] < 3 * max(height, 1.0) and line[0] - box[2] < 3 * max(height, 1.0)


def _box(handle: Any, index: int) -> Box:
    box = pdfium_c.FS_RECTF()
    pdfium_c.FPDFText_GetLooseCharBox(handle, index, box)
    return box.left, box.bottom, box.right, box.top
