"""A step: reads a text, asks the model, and tells what it took in an event that any LangChain handler may read."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from langchain_core.callbacks import BaseCallbackHandler, dispatch_custom_event
from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable, RunnableLambda

from ondol.chains.asking import Asking
from ondol.chains.text import TextLike, text_of

STEP = "ondol.step"
"""The event's name."""
T = TypeVar("T")


def make_step(name: str, model: BaseChatModel, work: Callable[[Asking, str], T]) -> Runnable[TextLike, T]:
    """A runnable that does `work` on the text it is given."""

    def run(value: TextLike) -> T:
        asking, start = Asking(model), time.perf_counter()
        result = work(asking, text_of(value))
        dispatch_custom_event(STEP, {"step": name, "result": as_json(result), **_told(asking, start)})
        return result

    return RunnableLambda(run, name=name)


class Steps(BaseCallbackHandler):
    """Collects what the steps of a chain tell, in order."""

    run_inline = True

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def on_custom_event(self, name: str, data: Any, **_: Any) -> None:
        if name == STEP:
            self.rows.append(data)


def as_json(result: Any) -> Any:
    return result.to_json() if hasattr(result, "to_json") else result


def _told(asking: Asking, start: float) -> dict[str, Any]:
    return {
        "prompts": [prompt.label for prompt in asking.prompts.values()], "calls": asking.calls,
        "usage": asking.usage, "cut_off": asking.cut_off, "ms": round(1000 * (time.perf_counter() - start), 1),
    }  # fmt: skip
