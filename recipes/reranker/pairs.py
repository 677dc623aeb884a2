"""What the network is given for a question and a passage."""

from __future__ import annotations

from pathlib import Path

import torch
from network import Lower
from sets import Set
from tokenizers import Tokenizer
from torch import Tensor

QUESTION, PASSAGE = 48, 176
"""Tokens kept of each, special ones and e5's prefix included; 8 passages are about 1,250 tokens a question."""
PREFIXES = ("query: ", "passage: ")


class Pairs:
    """States of questions and passages below the joint layers, computed once each (0.1 MB a passage)."""

    def __init__(self, data: Set, tokenizer: Path, lower: Lower) -> None:
        self._data, self._lower = data, lower
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._questions: dict[int, Tensor] = {}
        self._passages: dict[int, Tensor] = {}

    def states(self, question: int, passages: list[int]) -> tuple[Tensor, list[Tensor]]:
        if question not in self._questions:
            self._questions[question] = self._read(PREFIXES[0] + self._data.questions[question].text, QUESTION)
        for passage in passages:
            if passage not in self._passages:
                self._passages[passage] = self._read(PREFIXES[1] + self._data.passages[passage], PASSAGE)
        return self._questions[question], [self._passages[passage] for passage in passages]

    def _read(self, text: str, limit: int) -> Tensor:
        ids: list[int] = self._tokenizer.encode(text).ids
        return self._lower(ids if len(ids) <= limit else [*ids[: limit - 1], ids[-1]]).clone(
            memory_format=torch.contiguous_format
        )
