"""Hits with what stands around them: more of their source, in one piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import takewhile
from operator import itemgetter
from typing import Any

from langchain_core.documents import Document

from ondol.errors import UsageError
from ondol.ingest.sections import SEPARATOR
from ondol.library.library import Library

REACH = 64
"""Chunks on each side that a section is looked for in; with 256 tokens each, far more than a prompt takes."""
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighbourConfig:
    """How much of its source a hit brings along."""

    around: int = 0
    """Chunks before and after the hit."""
    section: bool = False
    """The neighbours under the same headings, however many; `around` is then not looked at."""
    max_tokens: int = 1200
    """Most tokens of one hit with its neighbours; overlaps of chunks count twice."""

    def __post_init__(self) -> None:
        if not 0 <= self.around <= REACH:
            raise UsageError(
                "around is {around}; it goes from 0 to {most}.", hint="Take 1 or 2.", around=self.around, most=REACH
            )
        if self.max_tokens < 1:
            raise UsageError("max_tokens is {most}; it must be at least 1.", hint="Raise it.", most=self.max_tokens)

    def __bool__(self) -> bool:
        """Whether anything is to be added."""
        return self.around > 0 or self.section


@dataclass(slots=True)
class _Part:
    """Chunks of one source by their place in it, and the hits among them, each with its place in the list of hits."""

    rows: dict[int, Row] = field(default_factory=dict)
    hits: dict[int, tuple[int, Document]] = field(default_factory=dict)

    def runs(self) -> Iterator[list[int]]:
        run: list[int] = []
        for ordinal in sorted(self.rows):
            if run and ordinal != run[-1] + 1:
                yield run
                run = []
            run.append(ordinal)
        if run:
            yield run


def expand_hits(hits: Sequence[Document], library: Library, config: NeighbourConfig | None = None) -> list[Document]:
    """The hits with their neighbours: one document for every run of adjoining chunks of a source.

    Its `page_content` is `text[start:end]` of the source. Id, score and rank are those of its best hit; `heading` is
    what the headings of its chunks share, and `hits` in the metadata names the hits it is made of.

    A hit that has just been removed or replaced stays as it is.
    """
    config = config or NeighbourConfig()
    if not config:
        return list(hits)
    parts: dict[str, _Part] = {}
    placed: list[tuple[int, Document]] = []
    for place, hit in enumerate(hits):
        name = hit.metadata["document_id"]
        rows = library.around(str(hit.id), REACH if config.section else config.around)
        if rows and name not in parts:
            parts[name] = _Part()
        if not rows or library.slice(name, hit.metadata["start"], hit.metadata["end"]) != hit.page_content:
            placed.append((place, hit))
            continue
        middle = next(number for number, row in enumerate(rows) if row["id"] == hit.id)
        parts[name].rows.update({row["ordinal"]: row for row in _chosen(rows, middle, config)})
        parts[name].hits[rows[middle]["ordinal"]] = (place, hit)
    for part in parts.values():
        for run in part.runs():
            place, best = min((part.hits[number] for number in run if number in part.hits), key=itemgetter(0))
            placed.append((place, _joined(part, run, best, library)))
    return [document for _, document in sorted(placed, key=itemgetter(0))]


def _chosen(rows: Sequence[Row], middle: int, config: NeighbourConfig) -> list[Row]:
    """Rows around the middle one, the nearest first, those after it before those in front, as long as they fit."""
    room = config.max_tokens - rows[middle]["tokens"]
    edges = {1: middle, -1: middle}
    growing = [1, -1]
    while growing:
        for step in tuple(growing):
            number = edges[step] + step
            fits = 0 <= number < len(rows) and rows[number]["tokens"] <= room
            if fits and (not config.section or rows[number]["heading"] == rows[middle]["heading"]):
                edges[step] = number
                room -= rows[number]["tokens"]
            else:
                growing.remove(step)
    return list(rows[edges[-1] : edges[1] + 1])


def _joined(part: _Part, run: Sequence[int], best: Document, library: Library) -> Document:
    rows = [part.rows[number] for number in run]
    start, end = min(row["start"] for row in rows), max(row["end"] for row in rows)
    name, text = best.metadata["document_id"], library.slice(best.metadata["document_id"], start, end)
    if text[best.metadata["start"] - start : best.metadata["end"] - start] != best.page_content:
        return best  # replaced a moment ago
    metadata = {
        **best.metadata, "start": start, "end": end, **asdict(library.place_of(name, start)),
        "heading": shared_heading([row["heading"] for row in rows]),
        "hits": [
            {"id": str(hit.id), **{name: hit.metadata.get(name) for name in ("score", "start", "end")}}
            for number, (_, hit) in sorted(part.hits.items()) if number in run
        ],
    }  # fmt: skip
    return Document(id=best.id, page_content=text, metadata=metadata)


def shared_heading(headings: Sequence[str]) -> str:
    """The headings above all of them: `장 > 1조` and `장 > 2조` share `장`."""
    paths = [heading.split(SEPARATOR) for heading in headings]
    shared = takewhile(lambda level: len(set(level)) == 1, zip(*paths, strict=False))
    return SEPARATOR.join(level[0] for level in shared)
