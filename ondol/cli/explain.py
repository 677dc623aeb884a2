"""`ondol search --explain`: what the question was taken for, how each side scored, what was left out."""

from __future__ import annotations

from typing import Any

from ondol.cli.columns import terminal_width, wrap
from ondol.cli.output import say
from ondol.lang import translate
from ondol.library.places import show_place

COPY = "says the same as a hit before it"
SIDES = {
    "cosine": "cosine {value:.3f}",
    "prior": "any question {value:+.3f}",
    "lift": "other language {value:+.3f}",
    "bm25": "BM25 {value:.2f}",
    "words": "words {value:.2f}",
    "exact": "exact {value:.2f}",
    "rerank_score": "reranker {value:.2f}",
}


def print_terms(explained: dict[str, Any]) -> None:
    """The terms of the question, a line for each kind that it has."""
    names = {"words": "Words", "pairs": "Syllable pairs", "codes": "Exact names", "phrases": "Phrases"}
    for kind, name in names.items():
        found = list(dict.fromkeys(explained.get("terms", {}).get(kind, [])))
        if found:
            for line in wrap(f"{translate(name)}: {' · '.join(found)}", terminal_width(), lines=3):
                print(line)


def side_line(hit: dict[str, Any]) -> str:
    """What each side knew of a hit, in one line."""
    parts = [translate(text, value=hit[name]) for name, text in SIDES.items() if round(hit.get(name) or 0, 3)]
    return " · ".join(parts)


def print_dropped(explained: dict[str, Any]) -> None:
    for row in explained.get("dropped", []):
        if row["reason"] == COPY:  # told beside the hit that it copies
            continue
        say("left out: {place} ({reason})", place=show_place(row), reason=translate(row["reason"]))
    told = explained.get("rerank")
    if told:
        say("reranker: {read} of {wanted} hits read in {ms:.0f} ms", **told)
