"""Sections of a document: what stands under one heading, one article or in one row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

from ondol.ingest.markers import find_statute_headings
from ondol.ingest.parsed import Heading, Parsed

SEPARATOR = " > "


@dataclass(frozen=True, slots=True)
class Section:
    start: int
    end: int
    path: tuple[str, ...]
    """Titles of the headings above, the highest first."""
    bare: int = 0
    """How many headings it is made of when it holds nothing else; 0 when there is text under them."""

    @property
    def heading(self) -> str:
        return SEPARATOR.join(self.path)


def find_sections(
    parsed: Parsed, count: Callable[[int, int], int], *, min_tokens: int, max_tokens: int
) -> list[Section]:
    """Sections in the order of the text, without gaps but for white space.

    A heading goes with what stands under it. Headings in a row (a table of contents) are kept together up to
    `max_tokens`, other neighbours only where they have the same parent and are both smaller than `min_tokens`.
    """
    merged: list[Section] = []
    for section in _cut(parsed):
        if not merged:
            merged.append(section)
            continue
        last = merged[-1]
        if last.bare == 1 and not section.bare and section.path[: len(last.path)] == last.path:
            merged[-1] = replace(section, start=last.start)
            continue
        both = bool(last.bare) == bool(section.bare)
        small = max(count(last.start, last.end), count(section.start, section.end)) < min_tokens
        like = bool(last.bare) or (small and last.path[:-1] == section.path[:-1])
        if both and like and count(last.start, section.end) <= max_tokens:
            shared = takewhile(lambda pair: pair[0] == pair[1], zip(last.path, section.path, strict=False))
            path = tuple(title for title, _ in shared)
            merged[-1] = Section(last.start, section.end, path, last.bare + section.bare)
        else:
            merged.append(section)
    return merged


def _cut(parsed: Parsed) -> Iterator[Section]:
    """What stands between two headings or rows."""
    text = parsed.text
    headings = parsed.headings or find_statute_headings(text)
    edges: dict[int, Heading | None] = dict.fromkeys(place for row in parsed.rows for place in row)
    starts = edges | {heading.start: heading for heading in headings}
    path: list[Heading] = []
    for start, end in pairwise([0, *sorted(starts.keys() - {0, len(text)}), len(text)]):
        if heading := starts.get(start):
            path = [*(above for above in path if above.level < heading.level), heading]
        piece = text[start:end]
        bare = piece.strip()
        if bare:
            start += len(piece) - len(piece.lstrip())
            only = heading is not None and "\n" not in bare and len(bare) <= len(heading.title) + 8
            yield Section(start, start + len(bare), tuple(above.title for above in path), int(only))
