"""How likely a model finds each of a few answers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ondol.chains.asking import Asking, use_completion
from ondol.models.contract import LocalChatModel
from ondol.prompts.prompt import Prompt


def answer_logprobs(
    asking: Asking, prompt: Prompt, answers: Sequence[str], values: Mapping[str, Any]
) -> list[float] | None:
    """Natural logarithms of the probabilities of `answers`, each with its end; None where the runtime tells none."""
    model = asking.model
    if not isinstance(model, LocalChatModel):
        return None
    asking.prompts[prompt.hash] = prompt
    if use_completion(model, prompt):
        ask = getattr(model, "logprob", None)
        if ask is None:
            return None
        text = prompt.write_completion(**values)
        told = [float(ask(text, f" {answer}\n")) for answer in answers]
    elif type(model).answer_logprob is LocalChatModel.answer_logprob:
        return None
    else:
        messages = prompt.write_chat(**values)
        told = [model.answer_logprob(messages, answer)[0] for answer in answers]
    asking.calls += len(answers)
    return told


def share_out(logprobs: Sequence[float]) -> list[float]:
    """Probabilities that add up to 1, in the ratios that the logarithms say."""
    top = max(logprobs)
    weights = [math.exp(number - top) for number in logprobs]
    return [weight / sum(weights) for weight in weights]
