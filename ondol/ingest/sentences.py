"""Sentences of English and Korean text as exact slices, by rules alone: a megabyte takes a fraction of a second."""

from __future__ import annotations

import re

from ondol.ingest.markers import starts_item
from ondol.library.rows import Span

CANDIDATE = re.compile(
    r"(?P<stop>[.!?。！？…]+)(?P<close>(?:[\"'”’)\]」』》〉]|\[\d{1,3}\])*)(?=\s|\Z|[가-힣“‘<(\[「『])|\n"
)
"""A stop with the quotes, brackets and footnote marks [1] that close behind it, or a line end."""
NEVER_LAST = frozenset({
    "mr", "mrs", "ms", "dr", "prof", "st", "vs", "gen", "col", "sgt", "capt", "lt",
    "rev", "hon", "gov", "sen", "rep", "e.g", "i.e", "cf", "approx", "dept", "univ", "ed",
    "eds", "et", "viz", "al", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sept",
    "sep", "oct", "nov", "dec", "mt", "ft",
})  # fmt: skip
"""Abbreviations that something follows."""
BEFORE_NUMBER = frozenset({
    "no", "nos", "fig", "figs", "vol", "p", "pp", "eq", "sec", "ch", "art", "para",
    "tab", "n",
})  # fmt: skip
"""Words and abbreviations that end a sentence unless a number follows."""
PERHAPS_LAST = frozenset({
    "etc", "inc", "ltd", "co", "corp", "jr", "sr", "u.s", "u.k", "u.n", "a.m", "p.m",
    "ph.d", "b.c", "a.d", "m.d",
})  # fmt: skip
"""Abbreviations that end a sentence when a capital or Hangul follows."""
WORD = re.compile(r"[\w.’'&-]*\Z")
NEXT = re.compile(r"\s*(\S)")
DATE = re.compile(r"\d{2,4}\. ?\d{1,2}(?:\. ?\d{1,2})?\Z")
QUOTED_ON = re.compile(r"\s*(?:이?라[고는며면]|하[고며는]|고 |며 |는 )")
"""What carries a Korean sentence on after a quotation: “…까?”라고 물었다."""
SHORT_LINE = 40
"""Characters; a line that ends before this without a full stop was ended by its author, not by its width."""
LINE_END = re.compile(r"(?:[다요죠까][.?!]?|[:;])[\"'”’)\]]*\s*\Z")
"""Ends of a line after which the next one starts anew, also without a full stop."""


def split_sentences(text: str) -> list[Span]:
    """Start and end of every sentence, in order, white space around them left out.

    Together they hold every character that is not white space. Items of lists, headings and rows end with their line.
    """
    spans: list[Span] = []
    start = 0
    for match in CANDIDATE.finditer(text):
        if match.start() < start:
            continue
        ends = _line_ends(text, start, match.start()) if match["stop"] is None else _stop_ends(text, start, match)
        if ends:
            _append(spans, text, start, match.end())
            start = match.end()
    _append(spans, text, start, len(text))
    return spans


def _append(spans: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    bare = piece.strip()
    if bare:
        start += len(piece) - len(piece.lstrip())
        spans.append((start, start + len(bare)))


def _line_ends(text: str, start: int, place: int) -> bool:
    """Whether the line end at `place` ends a sentence: a blank line or a new item follows, or the line is short."""
    following = text[place + 1 : place + 80]
    if not following.strip(" \t") or following.lstrip(" \t").startswith("\n") or starts_item(following):
        return True
    line = text[max(start, text.rfind("\n", 0, place) + 1) : place]
    return len(line.strip()) < SHORT_LINE or line.lstrip().startswith(("#", "|")) or LINE_END.search(line) is not None


def _stop_ends(text: str, start: int, match: re.Match[str]) -> bool:
    stop, end = match["stop"], match.end()
    follows = NEXT.match(text, end)
    if follows is None or "\n" in text[end : follows.start(1)]:
        return follows is None or _ends_before_line(text, start, match)
    after = follows[1]
    if match["close"] and QUOTED_ON.match(text, end):
        return False
    if follows.start(1) == end and not (stop[0] in ".!?" and _ends_korean(text, match.start())):
        return stop[-1] in "。！？" and after not in "”’)"
    if after.islower():
        return False
    return stop != "." or match["close"] != "" or _period_ends(text, start, match.start(), after)


def _ends_before_line(text: str, start: int, match: re.Match[str]) -> bool:
    """A stop at a line end ends the sentence, but for abbreviations and numbers that the line's width has cut off."""
    follows = NEXT.match(text, match.end())
    after = follows[1] if follows else ""
    if match["stop"] != "." or match["close"] or "\n\n" in text[match.end() : match.end() + 3]:
        return True
    return _period_ends(text, start, match.start(), after) and not after.islower()


def _ends_korean(text: str, place: int) -> bool:
    """Whether a Korean sentence ends here although no space follows: 한다.다만"""
    return place > 0 and text[place - 1] in "다요죠까음함임됨"


def _period_ends(text: str, start: int, place: int, after: str) -> bool:
    """Whether the single period at `place` ends a sentence, by the word before it and the character after."""
    found = WORD.search(text, max(start, place - 24), place)
    word = found[0] if found else ""
    if not word:
        return True
    first = not text[start : place - len(word)].strip(" \t\n([<-*•")
    if word.isdigit():
        return not (first or after.isdigit() or after in ">])" or DATE.search(text, max(start, place - 12), place))
    if len(word) == 1 and word.isalpha() and (first or word.isupper()):
        return False  # 가. · a. · J. K. Rowling
    lower = word.lower().lstrip("'’")
    if lower in NEVER_LAST:
        return False
    if lower in BEFORE_NUMBER:
        return not after.isdigit()
    if lower in PERHAPS_LAST:
        return after.isupper() or "가" <= after <= "힣"
    return True
