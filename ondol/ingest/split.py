"""Text to chunks: by headings and articles, then sentences, then the embedder's token budget."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ondol.errors import UsageError
from ondol.ingest.parsed import Parsed
from ondol.ingest.sections import Section, find_sections
from ondol.ingest.sentences import split_sentences
from ondol.library.embedding_text import embedding_header
from ondol.library.rows import Chunk, Span

Tokenize = Callable[[str], list[Span]]
WINDOW = 50_000
"""Characters given to the tokenizer at once; a whole book at once takes gigabytes."""
SLACK = 8
"""Tokens kept free: a slice by itself may have one or two more at its borders than inside its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitConfig:
    """How large chunks are, in the embedder's tokens."""

    max_tokens: int = 256
    """Most tokens of a chunk; less where the embedder takes less. Chosen by nDCG and by how often the answer stands in
    what a prompt can hold, over sizes from 128 to 400 (docs/retrieval.md)."""
    overlap_tokens: int = 48
    """Most tokens that a chunk repeats from the end of the one before, in whole sentences."""
    min_tokens: int = 48
    """Neighbours that are both smaller than this are put together."""

    def __post_init__(self) -> None:
        if not (self.max_tokens >= 16 and 0 <= self.overlap_tokens <= self.max_tokens // 2):
            raise UsageError(
                "max_tokens is {max} and overlap_tokens {overlap}; 16 ≤ max and 0 ≤ overlap ≤ max / 2 must hold.",
                hint="Raise max_tokens or lower overlap_tokens.",
                max=self.max_tokens,
                overlap=self.overlap_tokens,
            )


def split_text(
    parsed: Parsed, *, tokenize: Tokenize, embedder_max: int = 512, config: SplitConfig | None = None
) -> list[Chunk]:
    """Cut a document into chunks, in the order of the text; every character but white space is in at least one.

    Args:
        tokenize: start and end of every token of a text, not cut off.
        embedder_max: tokens that the embedder takes, title and headings included.
    """
    config = config or SplitConfig()
    tokens = Tokens(parsed.text, tokenize)
    chunks: list[Chunk] = []
    for section in find_sections(parsed, tokens.count, min_tokens=config.min_tokens, max_tokens=config.max_tokens):
        header = len(tokenize(embedding_header(parsed.title, section.heading)))
        budget = max(8, min(config.max_tokens, embedder_max - SLACK - header))
        for start, end in _pack(parsed, section, tokens, (budget, min(config.overlap_tokens, budget // 2))):
            chunks.append(Chunk(start, end, section.heading, tokens.count(start, end)))
    return chunks


class Tokens:
    """Where the tokens of a text start; counting those of a slice is two binary searches."""

    def __init__(self, text: str, tokenize: Tokenize) -> None:
        self.text = text
        self.starts = array("q")
        for start, end in _windows(text):
            self.starts.extend(start + place for place, _ in tokenize(text[start:end]))

    def count(self, start: int, end: int) -> int:
        return bisect_left(self.starts, end) - bisect_left(self.starts, start)

    def cut(self, start: int, end: int, most: int) -> Iterator[Span]:
        """Pieces of at most `most` tokens, cut between tokens."""
        first, last = bisect_left(self.starts, start), bisect_left(self.starts, end)
        places = [start, *(self.starts[place] for place in range(first + most, last, most)), end]
        for left, right in pairwise(places):
            piece = self.text[left:right]
            bare = piece.strip()
            if bare:
                left += len(piece) - len(piece.lstrip())
                yield left, left + len(bare)


def _windows(text: str) -> Iterator[Span]:
    """Slices of about `WINDOW` characters that end at a line end or a space where there is one."""
    start = 0
    while start < len(text):
        end = min(start + WINDOW, len(text))
        if end < len(text):
            near = max(text.rfind("\n", start, end), text.rfind(" ", start, end))
            end = near + 1 if near > start else end
        yield start, end
        start = end


def _pack(parsed: Parsed, section: Section, tokens: Tokens, limits: tuple[int, int]) -> Iterator[Span]:
    """Fill chunks of a section evenly with whole units, each repeating the last units of the one before."""
    budget, overlap = limits
    total = tokens.count(section.start, section.end)
    if total <= budget:
        yield section.start, section.end
        return
    units = list(_units(parsed, section, tokens, budget))
    parts = -(-total // max(1, budget - overlap))
    target = min(budget, -(-total // parts) + overlap)
    first = 0
    while first < len(units):
        last = first + 1  # one unit always fits: longer ones were cut
        while last < len(units) and tokens.count(units[first][0], units[last][1]) <= target:
            last += 1
        yield units[first][0], units[last - 1][1]
        if last == len(units):
            return
        following = last
        while following - 1 > first and tokens.count(units[following - 1][0], units[last - 1][1]) <= overlap:
            if tokens.count(units[following - 1][0], units[last][1]) > target:
                break  # the repeated sentences must leave room for a new one
            following -= 1
        first = following


def _units(parsed: Parsed, section: Section, tokens: Tokens, budget: int) -> Iterator[Span]:
    """Sentences of a section; code that fits stays whole, what does not fit is cut between tokens."""
    for start, end in _whole_or_sentences(parsed.text, section, parsed.whole, tokens, budget):
        if tokens.count(start, end) <= budget:
            yield start, end
        else:
            yield from tokens.cut(start, end, budget)


def _whole_or_sentences(
    text: str, section: Section, whole: Sequence[Span], tokens: Tokens, budget: int
) -> Iterator[Span]:
    place = section.start
    for start, end in whole:
        if start < place or end > section.end or tokens.count(start, end) > budget:
            continue
        yield from _sentences(text, place, start)
        yield start, end
        place = end
    yield from _sentences(text, place, section.end)


def _sentences(text: str, start: int, end: int) -> Iterator[Span]:
    return ((start + left, start + right) for left, right in split_sentences(text[start:end]))
