"""Characters that nobody sees: what they hide from people must not reach a model.

Source: Unicode Technical Reports 36 and 51; "ASCII smuggling" with tag characters and variation selectors.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from ondol.ingest.parsed import Heading, Parsed
from ondol.lang import translate
from ondol.library.rows import Span

SUSPECT = re.compile(
    "[\x01-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u08e2\u115f\u1160\u180e"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000110bd\U000110cd\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""All that may be invisible; most documents hold none of them."""
PREFIXED = re.compile("[\u0600-\u0605\u06dd\u070f\u08e2\U000110bd\U000110cd]")
"""Format characters that are drawn: signs around Arabic and Kaithi numbers."""
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
OVERRIDES = "\u202d\u202e"
"""Turn letters around: never needed, and used to show another text than the one that is read."""
JOINED = re.compile("[\u0600-\u08ff\u0900-\u0dff\u0e00-\u0fff\u1000-\u109f\u1780-\u18af\u1a00-\u1bff\ua800-\uabff]")
"""Scripts whose letters change with a joiner, or whose lines break at U+200B."""
JAMO = re.compile("[\u1100-\u11ff\u3131-\u318e\ua960-\ua97f\ud7b0-\ud7ff]")
COMBINING = re.compile("[\u1161-\u11ff]")
IDEOGRAPH = re.compile("[\u2e80-\u2fff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
SELECTED = re.compile("[\u1000-\u109f\ua840-\uaa7f\u3001-\u303f\uff01-\uff1f]")
FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f")
"""Flags of England, Scotland and Wales."""


def strip_hidden(text: str) -> tuple[str, Counter[str]]:
    """The text without its invisible characters, and how many of each kind there were.

    What a script or an emoji needs stays: joiners, variation selectors, Hangul fillers beside jamo, and marks of
    direction in texts with right-to-left letters.
    """
    spans, counts = find_hidden(text)
    if not spans:
        return text, counts
    pieces, place = [], 0
    for start, end in spans:
        pieces.append(text[place:start])
        place = end
    return "".join([*pieces, text[place:]]), counts


def find_hidden(text: str) -> tuple[list[Span], Counter[str]]:
    """Where invisible characters stand, in order."""
    counts: Counter[str] = Counter()
    if text.isascii() and not SUSPECT.search(text):
        return [], counts
    flags = {place for match in FLAG.finditer(text) for place in range(*match.span())} if "\U000e007f" in text else ()
    directed = RIGHT_TO_LEFT.search(text) is not None
    spans: list[Span] = []
    for match in SUSPECT.finditer(text):
        place = match.start()
        if place in flags or _is_needed(text, place, directed=directed):
            continue
        counts[_kind(match[0])] += 1
        if spans and spans[-1][1] == place:
            spans[-1] = (spans[-1][0], place + 1)
        else:
            spans.append((place, place + 1))
    return spans, counts


def _is_needed(text: str, place: int, *, directed: bool) -> bool:
    char, before, after = text[place], text[max(0, place - 1) : place], text[place + 1 : place + 2]
    if after and (unicodedata.combining(after) or COMBINING.match(after)):
        return True  # without it the letters around would become one, and the text would no longer be NFC
    if char == "\u200d":
        return _joins(before, after) or bool(JOINED.match(before))
    if char in "\u200b\u200c":
        return bool(JOINED.match(before))
    if char in "\u115f\u1160\u3164\uffa0":
        return bool(JAMO.match(before) or JAMO.match(after))
    if "\u200e" <= char <= "\u202e" or "\u2066" <= char <= "\u2069" or char == "\u061c":
        return directed and char not in OVERRIDES
    if char in "\ufe0e\ufe0f":
        return before == "\u2139" or (before != "" and unicodedata.category(before)[0] in "SPN")
    if "\ufe00" <= char <= "\ufe0d":
        return bool(IDEOGRAPH.match(before) or SELECTED.match(before)) or _category(before) == "Sm"
    if "\U000e0100" <= char <= "\U000e01ef":
        return bool(IDEOGRAPH.match(before))
    return PREFIXED.match(char) is not None


def _joins(before: str, after: str) -> bool:
    """Whether a joiner between these makes one emoji of two."""
    return (before == "\ufe0f" or _category(before) in ("So", "Sk")) and _category(after) == "So"


def _category(char: str) -> str:
    return unicodedata.category(char) if char else ""


def _kind(char: str) -> str:
    if "\U000e0000" <= char <= "\U000e007f":
        return "tag characters"
    if "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef":
        return "variation selectors"
    if char == "\xad":
        return "soft hyphens"
    if char in "\u200e\u200f\u061c" or "\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069":
        return "marks of direction"
    if char in "\u034f\u115f\u1160\u180e\u3164\ufeff\uffa0" or "\u200b" <= char <= "\u2064":
        return "characters without width"
    return "control characters"


def describe(counts: Mapping[str, int]) -> str:
    """One line for people, as `14 invisible characters: soft hyphens (10), tag characters (4)`; empty for none."""
    return _line("{count} invisible characters: {kinds}", counts)


def describe_passages(counts: Mapping[str, int]) -> str:
    """As `describe`, for passages: `3 hidden passages: comments (2), white text (1)`."""
    return _line("{count} hidden passages: {kinds}", counts)


def _line(template: str, counts: Mapping[str, int]) -> str:
    found = sorted(((kind, count) for kind, count in counts.items() if count), key=lambda pair: -pair[1])
    kinds = ", ".join(f"{translate(kind)} ({count})" for kind, count in found)
    return translate(template, count=sum(counts.values()), kinds=kinds) if found else ""


def strip_parsed(parsed: Parsed) -> Parsed:
    """A document without invisible characters; offsets follow, and `hidden` tells what went."""
    spans, counts = find_hidden(parsed.text)
    if not spans:
        return parsed
    ends = [end for _, end in spans]
    gone = [0]
    for start, end in spans:
        gone.append(gone[-1] + end - start)

    def moved(place: int) -> int:
        """Where a place is after the stripping; one inside what is stripped goes to its start."""
        index = bisect_left(ends, place)
        inside = max(0, place - spans[index][0]) if index < len(spans) else 0
        return place - gone[index] - inside

    def all_moved(places: tuple[Span, ...]) -> tuple[Span, ...]:
        return tuple((moved(start), moved(end)) for start, end in places)

    text, _ = strip_hidden(parsed.text)
    title, author = (strip_hidden(value)[0] for value in (parsed.title, parsed.author))
    headings = tuple(Heading(moved(h.start), h.level, strip_hidden(h.title)[0]) for h in parsed.headings)
    return replace(
        parsed, text=text, title=title, author=author, headings=headings, pages=all_moved(parsed.pages),
        page_names=tuple(strip_hidden(name)[0] for name in parsed.page_names), whole=all_moved(parsed.whole),
        rows=all_moved(parsed.rows), hidden="; ".join(filter(None, (parsed.hidden, describe(counts)))),
    )  # fmt: skip
