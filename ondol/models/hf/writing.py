"""The token loop: scores from the network, a token, its text; nothing runs while nobody asks for the next one."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import torch

from ondol.errors import BackendError
from ondol.models.hf.next_token import TokenChooser
from ondol.models.sampling import Sampling

BLOCK = 512
"""Prompt tokens read at once: Ctrl-C gets through between blocks, and memory stays bounded."""


class Reading:
    """The network with what it has read so far; one per call, so calls from several threads do not mix."""

    def __init__(self, network: Any) -> None:
        self._network = network
        self.ids: list[int] = []
        prefix = getattr(network, "ondol_prefix", None)
        self._cache: Any = prefix() if prefix else None
        # state-space models keep their state in other places than past_key_values: they read everything again
        self._keeps = not getattr(network, "_is_stateful", False)
        self._trims = "logits_to_keep" in inspect.signature(network.forward).parameters

    def read(self, ids: list[int], *, keep: int = 1) -> torch.Tensor:
        """Read on, and return the scores (keep, V) behind each of the last `keep` tokens, at most `BLOCK`.

        Raises:
            BackendError: the network fails, or its scores are no numbers.
        """
        # the last `keep` tokens are read in one block, whatever stands before them
        cut = len(ids) - max(keep, (len(ids) - 1) % BLOCK + 1) if self._keeps else 0
        scores = torch.empty(0)
        for part in [*(ids[i : i + BLOCK] for i in range(0, cut, BLOCK)), ids[cut:]]:
            self.ids += part
            scores = self._step(part if self._keeps else self.ids, keep)
        if not bool(torch.isfinite(scores).any(-1).all()):
            raise BackendError(
                "The model's scores are not numbers any more.", hint="Compute with more room: --dtype float32"
            )
        return scores

    def _step(self, ids: list[int], keep: int) -> torch.Tensor:
        trim = {"logits_to_keep": keep} if self._trims else {}  # a 262,144-token vocabulary × a long prompt is 4 GB
        try:
            with torch.inference_mode():  # never around a yield: it would leak into the caller
                out = self._network(
                    input_ids=torch.tensor([ids], device=self._network.device),
                    past_key_values=self._cache, use_cache=self._keeps, **trim,
                )  # fmt: skip
        except RuntimeError as error:  # torch.OutOfMemoryError is one
            raise BackendError(
                "The model failed while it was reading {count} tokens: {reason}",
                hint="Give it shorter texts, or open it on another device: --device cpu",
                count=len(self.ids), reason=str(error).split("\n")[0],
            ) from error  # fmt: skip
        self._cache = out.past_key_values if self._keeps else None
        scores: torch.Tensor = out.logits[0, -keep:]
        return scores


class TokenWriter:
    """Tokens that follow a prompt, one at each step."""

    def __init__(self, network: Any, prompt: list[int], chosen: Sampling, *, ends: frozenset[int], room: int) -> None:
        self._reading, self._prompt, self._ends = Reading(network), prompt, ends
        self._choose = TokenChooser(chosen, network.device)
        self._limit = min(chosen.max_tokens, room)
        self._forced: list[int] = []
        self.written = 0
        self.finish = "length"

    def force(self, ids: list[int]) -> None:
        """Write these next, whatever the network would say."""
        self._forced = list(ids)

    def __iter__(self) -> Iterator[int]:
        """Every token but the one that ends the text, which is counted too."""
        new = self._prompt
        while self.written < self._limit:
            scores = self._reading.read(new)[-1]
            token = self._forced.pop(0) if self._forced else self._choose(scores, self._reading.ids)
            self.written += 1
            if token in self._ends:
                self.finish = "stop"
                return
            yield token
            new = [token]


class Decoder:
    """Tokens → text that is whole: a character split over tokens is held until its last byte is there."""

    def __init__(self, tokenizer: Any, before: list[int]) -> None:
        """`before` is what stands before the text: sentencepiece drops the space in front of a first word."""
        self._tokenizer = tokenizer
        self._old, self._new = before[-4:], list[int]()
        self._shown = len(self._text(self._old))

    def feed(self, token: int) -> str:
        """What can be shown now."""
        self._new.append(token)
        text = self._text([*self._old, *self._new])
        broken = len(text) - len(text.rstrip("\ufffd"))
        sure = len(text) - min(broken, 3)  # of a character's four bytes at most three are there and not whole
        piece, self._shown = text[self._shown : sure], max(self._shown, sure)
        if not broken:  # the newest tokens stay as the left neighbours of the next
            self._old, self._new = self._new, []
            self._shown = len(self._text(self._old))
        return piece

    def _text(self, ids: list[int]) -> str:
        text: str = self._tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)
        return text
