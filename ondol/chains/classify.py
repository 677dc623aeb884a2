"""One of one's own labels for a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable

from ondol.chains.asking import Asking
from ondol.chains.labels import Labeller
from ondol.chains.step import make_step
from ondol.chains.text import TextLike
from ondol.errors import UsageError
from ondol.lang import nfc
from ondol.prompts.load import Prompts, open_prompts


def classify(
    model: BaseChatModel, *, labels: Sequence[str], prompts: Prompts | None = None
) -> Runnable[TextLike, dict[str, Any]]:
    """`label`, `score` and `scores` as of `Labeller.choose`.

    Raises:
        UsageError: there are fewer than two labels, or one stands twice.
    """
    wanted = [nfc(label).strip() for label in labels]
    if len(wanted) < 2 or len(set(wanted)) < len(wanted) or not all(wanted):
        raise UsageError(
            "There must be two labels at least, each one once: {labels}.", hint="Such as: --labels urgent,other",
            labels=", ".join(wanted) or "–",
        )  # fmt: skip
    found, labeller = prompts or open_prompts(), Labeller()

    def work(asking: Asking, text: str) -> dict[str, Any]:
        prompt = found.load("classify", question=text)
        return labeller.choose(asking, prompt, text, dict(zip(wanted, wanted, strict=True)), labels=", ".join(wanted))

    return make_step("classify", model, work)
