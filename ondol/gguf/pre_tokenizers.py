"""How a byte-level vocabulary cuts text before its merges: llama.cpp's name for it, and tokenizer.json's steps.

llama.cpp knows each way by a name in `tokenizer.ggml.pre`; tokenizers spells it out. One table serves both directions.
Source: github.com/ggml-org/llama.cpp/blob/master/src/llama-vocab.cpp
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
SHORT_FORMS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
WORDS = r"[^\r\n\p{L}\p{N}]?\p{L}+"
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
CASED = rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+"
CAPITALS = rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*"


@dataclass(frozen=True, slots=True)
class PreTokenizer:
    pattern: str = ""
    """Pieces of the text; empty is GPT-2's own pattern."""
    digits: bool = False
    """Each digit is cut off first."""
    ignore_merges: bool = False
    """A piece that is a token stays whole, whatever the merges say."""


PRE_TOKENIZERS = {
    "gpt-2": PreTokenizer(),
    "smollm": PreTokenizer(digits=True),
    "qwen2": PreTokenizer(rf"{SHORT_FORMS}|{WORDS}|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{SPACES}"),
    "dbrx": PreTokenizer(rf"{SHORT_FORMS}|{WORDS}|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{SPACES}"),
    "llama-bpe": PreTokenizer(
        rf"{SHORT_FORMS}|{WORDS}|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{SPACES}", ignore_merges=True
    ),
    "tekken": PreTokenizer(rf"{CASED}|{CAPITALS}|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{SPACES}", ignore_merges=True),
    "gpt-4o": PreTokenizer(
        rf"{CASED}{SHORT_FORMS}?|{CAPITALS}{SHORT_FORMS}?|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{SPACES}"
    ),
}
SAME = {"llama3": "llama-bpe", "llama-v3": "llama-bpe", "exaone": "smollm", "smaug-bpe": "dbrx", "exaone4": "gpt-2"}
"""Other names that llama.cpp reads alike."""


def find_pre_tokenizer(name: str) -> PreTokenizer | None:
    """The way of cutting behind a `tokenizer.ggml.pre`, or None where this table lacks it."""
    return PRE_TOKENIZERS.get(SAME.get(name, name))


def name_pre_tokenizer(steps: dict[str, Any] | None, *, ignore_merges: bool) -> str:
    """llama.cpp's name for the `pre_tokenizer` of a tokenizer.json; empty where it has none."""
    found = _read_steps(steps, ignore_merges=ignore_merges)
    return next((name for name, known in PRE_TOKENIZERS.items() if known == found), "")


def write_steps(known: PreTokenizer) -> dict[str, Any]:
    """As `pre_tokenizer` of a tokenizer.json."""
    steps: list[dict[str, Any]] = [{"type": "Digits", "individual_digits": True}] if known.digits else []
    if known.pattern:
        steps.append({"type": "Split", "pattern": {"Regex": known.pattern}, "behavior": "Isolated", "invert": False})
    steps.append({"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": not known.pattern})
    return {"type": "Sequence", "pretokenizers": steps}


def _read_steps(steps: dict[str, Any] | None, *, ignore_merges: bool) -> PreTokenizer | None:
    rows = list((steps or {}).get("pretokenizers", [steps] if steps else []))
    if not rows or rows[-1].get("type") != "ByteLevel" or rows[-1].get("add_prefix_space"):
        return None
    digits = rows[0].get("type") == "Digits" and rows[0].get("individual_digits") is True
    middle, last = rows[digits:-1], rows[-1]
    if not middle:
        return PreTokenizer("", digits, ignore_merges) if last.get("use_regex", True) else None
    split = middle[0]
    pattern = split.get("pattern", {}).get("Regex", "")
    whole = split.get("type") == "Split" and split.get("behavior") == "Isolated" and not split.get("invert")
    if len(middle) > 1 or not whole or not pattern or last.get("use_regex", True):
        return None
    return PreTokenizer(pattern, digits, ignore_merges)
