"""Fields of a text as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable

from ondol.chains.asking import Asking
from ondol.chains.schema import Schema
from ondol.chains.step import make_step
from ondol.chains.text import TextLike
from ondol.prompts.load import Prompts, open_prompts


def extract(
    model: BaseChatModel, *, schema: Mapping[str, Any], prompts: Prompts | None = None
) -> Runnable[TextLike, dict[str, Any]]:
    """An object that fits a JSON schema; where the runtime can, the model is held to it while it writes.

    Raises:
        UsageError: the schema is none, or not of an object.
        BackendError: when it runs, where the answer does not fit, with the field.
        ContextOverflow: the text is longer than the model's window.
    """
    wanted, found = Schema(schema), prompts or open_prompts()

    def work(asking: Asking, text: str) -> dict[str, Any]:
        prompt = found.load("extract", question=text)
        answer = asking.answer_tokens(prompt)
        values = {"text": text, "fields": wanted.fields}
        asking.room(prompt, answer_tokens=answer, **values)  # a text that is cut loses fields, so none is cut
        reply = asking.write(prompt, values, max_tokens=answer, json_schema=wanted.schema)
        return wanted.read(reply)

    return make_step("extract", model, work)
