"""Which token comes next."""

from __future__ import annotations

import torch

from ondol.models.sampling import Sampling

LAST = 64
"""Tokens that `repeat_penalty` looks back at."""


class TokenChooser:
    """Takes scores, gives a token; its dice are its own, so nobody else's random numbers change."""

    def __init__(self, chosen: Sampling, device: torch.device) -> None:
        self._chosen = chosen
        self._dice = torch.Generator(device)
        if chosen.seed is None:
            self._dice.seed()
        else:
            self._dice.manual_seed(chosen.seed)

    def __call__(self, scores: torch.Tensor, read: list[int]) -> int:
        """The next token.

        Args:
            scores: (V,), the model's logits.
            read: tokens so far, prompt and answer.
        """
        scores = penalise(scores.float(), read, self._chosen.repeat_penalty)
        if self._chosen.temperature == 0:
            return int(scores.argmax())
        kept = narrow(scores, top_k=self._chosen.top_k, top_p=self._chosen.top_p, min_p=self._chosen.min_p)
        odds = torch.softmax(kept / self._chosen.temperature, dim=-1)
        return int(torch.multinomial(odds, 1, generator=self._dice))


def penalise(scores: torch.Tensor, read: list[int], penalty: float) -> torch.Tensor:
    """Divide the scores of tokens among the last 64 by `penalty`; negative ones are multiplied.

    Source: Keskar et al. 2019 (CTRL); llama.cpp does the same.
    """
    if penalty == 1 or not read:
        return scores
    seen = torch.tensor(sorted(set(read[-LAST:])), device=scores.device)
    values = scores[seen]
    return scores.index_copy(0, seen, torch.where(values > 0, values / penalty, values * penalty))


def narrow(scores: torch.Tensor, *, top_k: int, top_p: float, min_p: float) -> torch.Tensor:
    """Scores (V,) with everything unlikely at -inf; in llama.cpp's order: top_k, top_p, min_p, temperature last."""
    if 0 < top_k < len(scores):
        scores = scores.masked_fill(scores < scores.topk(top_k).values[-1], -torch.inf)
    if top_p < 1:
        ordered, places = scores.sort(descending=True)
        odds = torch.softmax(ordered, dim=-1)
        # the token that crosses the line is kept, so at least one is
        scores = scores.index_fill(0, places[odds.cumsum(-1) - odds >= top_p], -torch.inf)
    if min_p > 0:
        odds = torch.softmax(scores, dim=-1)
        scores = scores.masked_fill(odds < min_p * odds.max(), -torch.inf)
    return scores
