"""One of several labels for a text: the likeliest one, or the one the model writes where likelihoods are not told."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ondol.chains.asking import Asking
from ondol.chains.likelihood import answer_logprobs, share_out
from ondol.chains.pieces import split_to_fit
from ondol.errors import BackendError
from ondol.prompts.prompt import Prompt

NEUTRAL = ("N/A", "[MASK]", "")
"""Texts that say nothing, as in the source: what a model prefers then it prefers by habit."""
EDGE = re.compile(r"^[\s\"'“”‘’*.]+|[\s\"'“”‘’*.]+$")


class Labeller:
    """Chooses among labels; keeps what the model prefers without a text, which is asked once for each prompt.

    Its likelihoods are divided by those, without which a small base model says the label that it likes best.

    Source: Zhao et al., Calibrate Before Use, ICML 2021.
    """

    def __init__(self) -> None:
        self._habits: dict[tuple[str, ...], list[float]] = {}

    def choose(
        self, asking: Asking, prompt: Prompt, text: str, words: Mapping[str, str], **values: Any
    ) -> dict[str, Any]:
        """The label of a text; of one that is longer than the window, the mean over its pieces.

        Args:
            words: label → the word for it that the model reads and writes.

        Returns:
            `label`; `score`, its share of the likelihood, and `scores` of all labels: None where no runtime tells them.

        Raises:
            BackendError: the model writes none of the labels.
        """
        room = asking.room(prompt, answer_tokens=asking.answer_tokens(prompt), text="", **values)
        spans = split_to_fit(text, room, asking.count)
        total, told = dict.fromkeys(words, 0.0), True
        for start, end in spans:
            shares = self._likely(asking, prompt, words, {"text": text[start:end], **values})
            if shares is None:
                told, shares = False, {_written(asking, prompt, words, {"text": text[start:end], **values}): 1.0}
            for label, share in shares.items():
                total[label] += share * (end - start) / sum(b - a for a, b in spans)
        best = max(total, key=total.__getitem__)
        scores = {label: round(share, 4) for label, share in total.items()} if told else None
        return {"label": best, "score": scores[best] if scores else None, "scores": scores}

    def _likely(
        self, asking: Asking, prompt: Prompt, words: Mapping[str, str], values: Mapping[str, Any]
    ) -> dict[str, float] | None:
        answers = list(words.values())
        told = answer_logprobs(asking, prompt, answers, values)
        if told is None:
            return None
        key = (prompt.hash, *answers)
        if key not in self._habits:
            silent = [answer_logprobs(asking, prompt, answers, {**values, "text": text}) or [] for text in NEUTRAL]
            self._habits[key] = [sum(column) / len(NEUTRAL) for column in zip(*silent, strict=True)]
        shares = share_out([number - habit for number, habit in zip(told, self._habits[key], strict=True)])
        return dict(zip(words, shares, strict=True))


def _written(asking: Asking, prompt: Prompt, words: Mapping[str, str], values: Mapping[str, Any]) -> str:
    """The label that the model writes, held to them by a grammar where the runtime can."""
    label = {"type": "string", "enum": list(words.values())}
    schema = {"type": "object", "properties": {"label": label}, "required": ["label"], "additionalProperties": False}
    reply = asking.write(prompt, values, json_schema=schema)
    said = EDGE.sub("", _unpack(reply)).casefold()
    for choice, word in words.items():
        if said in (word.casefold(), choice.casefold()):
            return choice
    inside = [choice for choice, word in words.items() if word.casefold() in said]
    longest = max(inside, key=lambda choice: len(words[choice]), default="")
    if not longest or any(words[choice].casefold() not in words[longest].casefold() for choice in inside):
        raise BackendError(
            "The model answers '{reply}', which is none of the labels.", hint="The labels are: {known}.",
            reply=reply[:80], known=", ".join(words.values()),
        )  # fmt: skip
    return longest


def _unpack(reply: str) -> str:
    try:
        row = json.loads(reply)
    except ValueError:
        return reply
    return str(row["label"]) if isinstance(row, dict) and "label" in row else reply
