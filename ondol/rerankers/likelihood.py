"""`likelihood`: a chat model ranks texts by how probable the question is after each of them.

Source: Sachan et al., EMNLP 2022 (unsupervised passage re-ranking with question generation); the prompt is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

from pydantic import ConfigDict, Field

from ondol.errors import UsageError
from ondol.lang import nfc
from ondol.rerankers.contract import Reranker

PROMPT = (
    "문서 (passage):\n{text}\n\n"
    "위 문서가 답이 되는 질문을 쓰세요. Write a question that this passage answers.\n"
    "질문 (question):"
)
"""The same for both languages, so that texts in either are compared under one condition."""
MAX_TOKENS = 256
"""Of a text; half of the chunks of a wiki article are shorter, and reading them is most of the time."""


@runtime_checkable
class TellsLikelihood(Protocol):
    """What is asked of a model; those of `llama.cpp:` and `hf:` have it."""

    def logprob(self, prompt: str, continuation: str) -> float:
        """Natural logarithm of the probability that `continuation` follows `prompt`."""
        ...

    def get_token_ids(self, text: str) -> list[int]: ...


class LikelihoodReranker(Reranker):
    """Mean log-probability of the question's tokens; it owns the model and closes it."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    model: Any
    """See `TellsLikelihood`."""
    max_tokens: int = Field(default=MAX_TOKENS, ge=1)

    def model_post_init(self, _: Any, /) -> None:
        if not isinstance(self.model, TellsLikelihood):
            raise UsageError(
                "{model} does not tell how likely a text is, which this reranker needs.",
                hint="Take one of llama.cpp: or hf:, for example likelihood:llama.cpp:gemma-3-270m.",
                model=type(self.model).__name__,
            )  # fmt: skip

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """See `Reranker`; at most 0, and a text is cut at `max_tokens`."""
        asked = f" {nfc(query).strip()}"
        count = max(1, len(self.model.get_token_ids(asked)))
        return [self.model.logprob(PROMPT.format(text=self._cut(nfc(text))), asked) / count for text in texts]

    def close(self) -> None:
        if hasattr(self.model, "close"):
            self.model.close()

    def _cut(self, text: str) -> str:
        while (found := len(self.model.get_token_ids(text))) > self.max_tokens:
            text = text[: min(len(text) * self.max_tokens // found, len(text) - 1)]
        return text


def open_likelihood(
    name: str, *, open_model: Callable[[str], Any], top_n: int | None = None, **_: Any
) -> LikelihoodReranker:
    """Open the chat model `name`, a whole spec such as `llama.cpp:gemma-3-270m`, and rank with it.

    Raises:
        NotFound: the model is not on this machine.
        UsageError: it tells no likelihoods.
    """
    return LikelihoodReranker(model=open_model(name), top_n=top_n)
