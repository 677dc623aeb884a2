"""A question and a text as windows of tokens, the same for training and for reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ondol.bert.session import clean
from ondol.lang import nfc

MAX_TOKENS = 384
STRIDE = 128
"""Tokens of the text that two windows share."""
MAX_QUESTION = 64
MAX_ANSWER = 30
"""Tokens of the longest answer that is looked for."""


@dataclass(frozen=True, slots=True)
class Window:
    ids: list[int]
    types: list[int]
    first: int
    """Place of the text's first token; the text's tokens are followed by one mark."""
    offsets: list[tuple[int, int]]
    """Characters of each of the text's tokens in the whole text."""


@dataclass(frozen=True, slots=True)
class Best:
    start: int
    """Characters in the text; `start == end` where no span can be told."""
    end: int
    score: float
    """Sum of the two logits."""
    null: float
    """The same of the first token, which says that there is no answer."""


def make_windows(tokenizer: Any, question: str, text: str, *, max_tokens: int = MAX_TOKENS) -> list[Window]:
    """At least one window; the question is cut to 64 tokens or a third of the window."""
    asked = tokenizer.encode(clean(nfc(question)), add_special_tokens=False)
    asked.truncate(min(MAX_QUESTION, max_tokens // 3))
    marks = tokenizer.num_special_tokens_to_add(is_pair=True)
    room = max(1, max_tokens - len(asked.ids) - marks)
    step = max(1, room - min(STRIDE, room // 2))
    read = tokenizer.encode(clean(text), add_special_tokens=False)
    read.truncate(room, stride=room - step)
    windows = []
    for part in (read, *read.overflowing):
        pair = tokenizer.post_process(asked, part)
        first = len(pair.ids) - len(part.ids) - 1
        windows.append(Window(pair.ids, pair.type_ids, first, part.offsets))
    return windows


def label(window: Window, start: int, end: int) -> tuple[int, int]:
    """Places of the first and last token of the characters `start`…`end`; (0, 0) where the window lacks them."""
    places = [
        place for place, (left, right) in enumerate(window.offsets) if left < end and right > start and right > left
    ]
    if not places or window.offsets[places[0]][0] > start or window.offsets[places[-1]][1] < end:
        return 0, 0
    return window.first + places[0], window.first + places[-1]


def best_span(
    window: Window, starts: NDArray[np.float32], ends: NDArray[np.float32], text: str, *, begin: int = 0
) -> Best:
    """The likeliest span of at most `MAX_ANSWER` tokens behind character `begin`; spaces at its ends are taken off."""
    null, last = float(starts[0] + ends[0]), window.first + len(window.offsets)
    scores = starts[window.first : last, None] + ends[None, window.first : last]
    if not scores.size:
        return Best(0, 0, float("-inf"), null)
    inside = np.array([left >= begin for left, _ in window.offsets])
    if not inside.any():
        return Best(0, 0, float("-inf"), null)
    allowed = inside[:, None] & np.triu(np.ones(scores.shape, bool)) & ~np.triu(np.ones(scores.shape, bool), MAX_ANSWER)
    place = int(np.where(allowed, scores, -np.inf).argmax())
    row, column = divmod(place, scores.shape[1])
    start, end = window.offsets[row][0], window.offsets[column][1]
    found = text[start:end]
    start += len(found) - len(found.lstrip())
    return Best(start, max(start, start + len(found.strip())), float(scores[row, column]), null)
