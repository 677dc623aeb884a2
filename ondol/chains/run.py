"""One of our chains by name, run on one text, with what each of its steps said."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable

from ondol.chains import CHAINS
from ondol.chains.step import Steps, as_json
from ondol.chains.text import TextLike
from ondol.errors import UsageError
from ondol.registry import resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainResult:
    chain: str
    result: Any
    """What the last step returned."""
    steps: list[dict[str, Any]]
    """Of each step its name, result, prompts with version and hash, calls, usage, and milliseconds."""

    def to_json(self) -> dict[str, Any]:
        return {"chain": self.chain, "result": as_json(self.result), "steps": self.steps}


def run_opened(name: str, chain: Runnable[Any, Any], inputs: TextLike) -> ChainResult:
    steps = Steps()
    result = chain.invoke(inputs, config={"callbacks": [steps], "run_name": name})
    return ChainResult(chain=name, result=result, steps=steps.rows)


def open_chain(name: str, model: BaseChatModel, **options: Any) -> Runnable[Any, Any]:
    """One of `CHAINS` as a runnable.

    Raises:
        NotFound: no chain has that name.
        UsageError: an option is missing or unknown.
    """
    check_options(name, options)
    chain: Runnable[Any, Any] = find_chain(name)(model, **options)
    return chain


def check_options(name: str, given: Collection[str]) -> None:
    """Raises UsageError where the chain needs another option or does not take one, NotFound where there is none."""
    known = options_of(find_chain(name))
    missing = [option for option, row in known.items() if row.default is Parameter.empty and option not in given]
    unknown = [option for option in given if option not in known]
    if missing or unknown:
        message = "The chain '{name}' needs: {names}." if missing else "The chain '{name}' does not take: {names}."
        raise UsageError(
            message, hint="It takes: {known}.", name=name, names=", ".join(missing or unknown),
            known=", ".join(option for option in known if option not in ("prompts", "progress")) or "–",
        )  # fmt: skip


def find_chain(name: str) -> Callable[..., Any]:
    return resolve("ondol.chains", CHAINS, name, what="chain")


def options_of(target: Callable[..., Any]) -> dict[str, Parameter]:
    return {name: row for name, row in signature(target).parameters.items() if row.kind is Parameter.KEYWORD_ONLY}
