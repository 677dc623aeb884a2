"""How likely a text is, from a server that only tells of what it writes."""

from __future__ import annotations

from typing import Any

from ondol.gguf.server import LlamaServer
from ondol.models.llama_cpp.events import check

FORCED = 1000
"""Added to a token's score it is always taken; what is told are the probabilities before that."""
NEAR, ALL = 1000, 10_000_000
"""How many likely tokens are asked for, first and when the wanted one is not among them."""


def sum_logprobs(
    server: LlamaServer, before: list[int], ids: list[int], *, whole: int, adapters: dict[str, Any]
) -> float:
    """Natural logarithm of the probability that `ids` follow `before`.

    Args:
        whole: any token that is a whole character. The server tells nothing of a token that ends inside one (half a
            Hangul syllable), so that one is looked up among the likely tokens at its place instead.
    """
    total = 0.0
    for number, wanted in enumerate(ids):
        place = [*before, *ids[:number]]
        told = _step(server, place, forced=wanted, likely=1, adapters=adapters)
        found = told["logprob"] if told else None
        for likely in (NEAR, ALL):
            if found is None:
                rows = _step(server, place, forced=whole, likely=likely, adapters=adapters)["top_logprobs"]
                found = next((row["logprob"] for row in rows if row["id"] == wanted), None)
        assert found is not None, "the last list holds the whole vocabulary"
        total += found
    return total


def _step(
    server: LlamaServer, before: list[int], *, forced: int, likely: int, adapters: dict[str, Any]
) -> dict[str, Any]:
    request = {"prompt": before, "logit_bias": [[forced, FORCED]], "n_probs": likely, "temperature": 0, "max_tokens": 1}
    (choice,) = check(server.call("handle_completions", {**request, **adapters}))["choices"]
    rows: list[dict[str, Any]] = (choice["logprobs"] or {"content": []})["content"]
    return rows[0] if rows else {}
