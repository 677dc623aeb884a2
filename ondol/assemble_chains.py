"""Settings → a chain that runs: the model, and where it asks the documents the library, too."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from ondol.assemble import open_library, open_model, open_retriever
from ondol.assemble_reading import answering_options, open_default_reader
from ondol.chains.run import ChainResult, find_chain, open_chain, options_of, run_opened
from ondol.progress import Progress
from ondol.settings import Settings, load_settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from ondol.chains.text import TextLike


def run_chain(
    name: str, inputs: TextLike, *, model: BaseChatModel | str | None = None, settings: Settings | None = None,
    **options: Any,
) -> ChainResult:  # fmt: skip
    """Run one of `ondol.chains.CHAINS`.

    Args:
        inputs: a text, documents or messages; of a mapping with "text" the other keys are options.
        model: a chat model, or the spec of one that is opened for this call; that of the settings when not given.
        options: what the chain takes, such as `labels`, `schema`, `question`, `to` or `retriever`.

    Raises:
        NotFound: no chain has that name.
        UsageError: an option is missing or unknown.
    """
    if isinstance(inputs, Mapping):
        options |= {key: value for key, value in inputs.items() if key != "text"}
        inputs = {"text": inputs.get("text", "")}
    settings = settings or load_settings(**({"model": model} if isinstance(model, str) else {}))
    with ExitStack() as stack:
        if model is None or isinstance(model, str):
            options = {**open_parts(stack, name, settings, given=options), **options}
        else:
            options["model"] = model
        return run_opened(name, open_chain(name, **options), inputs)


def open_parts(
    stack: ExitStack, name: str, settings: Settings, *, given: Mapping[str, Any], progress: Progress | None = None,
    **model_options: Any,
) -> dict[str, Any]:  # fmt: skip
    """The model for a chain and, where it asks the documents and no `retriever` is given, what it asks them with."""
    parts: dict[str, Any] = {}
    if "retriever" in options_of(find_chain(name)) and "retriever" not in given:
        library = stack.enter_context(open_library(settings=settings, progress=progress))
        parts["retriever"] = stack.enter_context(open_retriever(library, settings=settings))
        parts |= {"reader": open_default_reader(settings, progress), "threshold": settings.threshold}
        model_options = answering_options(settings, **model_options)
    model: Any = open_model(settings.model, settings=settings, **model_options)
    stack.callback(getattr(model, "close", lambda: None))
    return {**parts, "model": model}
