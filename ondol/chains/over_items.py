"""A chain over many texts: one that fails is told, and the others go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.runnables import Runnable

from ondol.chains.inputs import Item
from ondol.chains.results_file import ResultsFile
from ondol.chains.run import run_opened
from ondol.errors import OndolError, UnusableInput
from ondol.progress import Progress, Silent


def run_over(
    name: str, chain: Runnable[Any, Any], items: Sequence[Item], results: ResultsFile, *,
    progress: Progress | None = None, tell: Callable[[str], None] | None = None,
) -> None:  # fmt: skip
    """Add to `results` a row for every item that is not done: its place with `result` and `steps`, or `error`.

    A single text that is not written to a file raises its error.

    Args:
        progress: None where the chain itself shows how far it is.
        tell: is given the reason of each failure.
    """
    bar = progress or Silent()
    left = [item for item in items if (item.source, item.row) not in results.done]
    bar.begin("Rows", len(left), "rows")
    for item in left:
        try:
            if item.problem:
                raise UnusableInput("{reason}", reason=item.problem)
            results.add({**item.place, **run_opened(name, chain, item.text).to_json()})
        except OndolError as error:
            if len(items) == 1 and results.path is None:
                raise
            results.add({**item.place, "chain": name, "error": error.message})
            if tell:
                tell(f"{' · '.join(str(part) for part in item.place.values())}: {error.message}")
        bar.advance(1)
    bar.end()
