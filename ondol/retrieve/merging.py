"""Hits that say the same are shown once: copies of a document, and passages that stand inside another hit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from langchain_core.documents import Document

from ondol.ingest.sections import SEPARATOR
from ondol.library import places

NUMBER = re.compile(r"(?<![\w.])[-+−](?=\d)|\d+(?:[.,:/^]\d+)*")
"""Also the sign before one: "1.5" is not "15", "10 20" not "1020", "-5" not "5"."""
POWERS = str.maketrans({power: f"^{digit}" for digit, power in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")})
MARKUP = re.compile(r"^\s*(?:#{1,6}\s|>\s?|[-*•]\s)", re.MULTILINE)
MEANT = set("%#&@?°")
"""Signs that mean something, beside those of mathematics and money; other punctuation does not count."""
ALONE = 200
"""Letters and digits from which a text stands for itself, also inside a longer one; a shorter one ("Open 9 to 18.")
depends on what is around it: it is the same only as a whole ("Free of charge." stands in "not free of charge."), and
under the same title and headings, or where one says its title and headings itself."""
KEPT_CHUNKS = 4000
"""Chunks whose letters are kept for the next search, about 10 MB: the same ones are found again and again."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What a hit says, without how it is set: spaces, line ends, case, width, punctuation."""

    letters: str
    numbers: tuple[str, ...]
    above: frozenset[str]
    """Title and headings that the text does not repeat; an empty name when it has none at all."""

    @classmethod
    def of(cls, hit: Document) -> _Said:
        return _said(hit.page_content, hit.metadata.get("title") or "", hit.metadata.get("heading") or "")

    def holds(self, other: _Said) -> bool:
        """Whether all that `other` says stands here."""
        if len(other.letters) >= ALONE:
            return other.letters in self.letters and _stand_in(other.numbers, self.numbers)
        same = bool(self.letters) and (self.letters, self.numbers) == (other.letters, other.numbers)
        return same and (self.above == other.above or not (self.above and other.above))


@lru_cache(KEPT_CHUNKS)
def _said(text: str, title: str, heading: str) -> _Said:
    text = _plain(MARKUP.sub("", text))
    letters = _letters(text)
    names = [_letters(_plain(name)) for name in (title, *heading.split(SEPARATOR)) if name] or [""]
    above = frozenset(name for name in names if not name or name not in letters)
    return _Said(letters, tuple(NUMBER.findall(text)), above)


def merge_duplicates(hits: Sequence[Document]) -> list[Document]:
    """Leave out hits that say nothing more than one before them.

    The hit that stays names them in `duplicates`: document_id, source, page, start and end of each. Texts must agree
    in every letter, number and sign, for one word or digit makes another statement: with 95 % of its words in common,
    a statute before and after its amendment would count as one.

    Args:
        hits: best first.
    """
    kept: list[tuple[Document, _Said]] = []
    for hit in hits:
        said = _Said.of(hit)
        place = next((place for place, (_, other) in enumerate(kept) if other.holds(said)), None)
        if place is None:
            kept.append((hit, said))
        else:
            first, other = kept[place]
            rows = [*first.metadata.get("duplicates", []), _row(hit), *hit.metadata.get("duplicates", [])]
            kept[place] = first.model_copy(update={"metadata": {**first.metadata, "duplicates": rows}}), other
    return [hit for hit, _ in kept]


def _row(hit: Document) -> dict[str, Any]:
    return {name: hit.metadata.get(name) for name in ("document_id", "source", *places.FIELDS, "start", "end")}


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text.translate(POWERS)).casefold().replace("−", "-")


class _Kept(dict[int, str | None]):
    """For `str.translate`: letters, digits and signs that mean something stay. 24 hits take 1.3 ms instead of 3.3."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        sign = char in MEANT or (char not in "|~" and unicodedata.category(char) in ("Sm", "Sc"))
        kept = char if char.isalnum() or sign else None
        self[code] = kept
        return kept


KEPT = _Kept()


def _letters(text: str) -> str:
    return text.translate(KEPT)


def _stand_in(part: tuple[str, ...], whole: tuple[str, ...]) -> bool:
    """Whether `part` is a slice of `whole`."""
    return any(whole[start : start + len(part)] == part for start in range(len(whole) - len(part) + 1))
