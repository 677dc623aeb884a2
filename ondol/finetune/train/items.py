"""Examples → token ids of one base, by the very functions that serve it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ondol.errors import UnusableInput
from ondol.finetune.examples import Example
from ondol.finetune.template import TUNED_TEMPLATE
from ondol.models.hf.model import find_ends
from ondol.models.hf.prompt import PromptWriter
from ondol.tokens.encode import Encoded, Turn, check_begin, encode_text, encode_turns


@dataclass(frozen=True, slots=True)
class Item:
    encoded: Encoded
    bytes: int
    """UTF-8 bytes of the text that is learnt, for bits per byte."""
    example: Example


@dataclass(slots=True)
class Items:
    items: list[Item]
    left_out: list[str]
    """`food.csv:12: …` for each example that cannot be learnt as it is."""


class ItemMaker:
    """Encodes for one network and tokenizer; a base without a chat template gets ondol's plain one."""

    def __init__(self, network: Any, tokenizer: Any) -> None:
        self.taught = "" if tokenizer.chat_template else TUNED_TEMPLATE
        """The template, where the base has none of its own."""
        if self.taught:
            tokenizer.chat_template = self.taught
        self.tokenizer = tokenizer
        self.writer = PromptWriter(tokenizer)
        self.ends = find_ends(network, tokenizer)
        self._begin = tokenizer("", add_special_tokens=True)["input_ids"]
        if self._begin and self._begin[-1] in self.ends:
            self._begin = self._begin[:-1]

    @property
    def template(self) -> str:
        return self.writer.template

    def encode(self, turns: Sequence[Turn]) -> Encoded:
        """A conversation; raises UnusableInput as `encode_turns`."""
        clean = [{**turn, "content": self.writer.in_chat(turn["content"])} for turn in turns]
        encoded = encode_turns(
            clean, render=lambda rows, begin: self.writer.render(list(rows), begin=begin), tokenize=self.writer.tokens,
            ends=self.ends,
        )  # fmt: skip
        check_begin(encoded.ids, self.tokenizer.bos_token_id)
        return encoded

    def make(self, examples: Sequence[Example], *, max_tokens: int) -> Items:
        """Items of at most `max_tokens` tokens: a longer conversation is left out, a longer text cut into pieces.

        Raises:
            UnusableInput: nothing is left.
        """
        made = Items([], [])
        for example in examples:
            try:
                found = self._texts(example, max_tokens) if example.text else [self._chat(example, max_tokens)]
            except UnusableInput as error:
                made.left_out.append(f"{example.where}: {error.message}")
            else:
                made.items += found
        if examples and not made.items:
            raise UnusableInput(
                "None of the {count} examples can be learnt: {reason}", hint="See them with --lint.",
                count=len(examples), reason=made.left_out[0],
            )  # fmt: skip
        return made

    def _chat(self, example: Example, max_tokens: int) -> Item:
        encoded = self.encode(example.turns)
        if len(encoded.ids) > max_tokens:
            raise UnusableInput(
                "it has {count} tokens, more than {limit} (--max-tokens)", count=len(encoded.ids), limit=max_tokens
            )
        answers = sum(len(turn["content"].encode()) for turn in example.turns if turn["role"] == "assistant")
        return Item(encoded, answers, example)

    def _texts(self, example: Example, max_tokens: int) -> list[Item]:
        ids = self.writer.tokens(self.writer.in_text(example.text))
        room = max_tokens - len(self._begin) - 1
        items = []
        for start in range(0, len(ids), room):
            part = ids[start : start + room]
            end = self.tokenizer.eos_token_id if start + room >= len(ids) else None
            encoded = encode_text(part, begin=self._begin, end=end)
            size = len(self.tokenizer.decode(part).encode())
            items.append(Item(encoded, size, example))
        return items
