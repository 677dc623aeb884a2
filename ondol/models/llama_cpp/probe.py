"""Whether llama.cpp can read a grammar: it passes over one of llguidance that it cannot, and writes without it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from ondol.errors import UsageError
from ondol.gguf.server import LlamaServer
from ondol.models.llama_cpp.events import check, unreadable_grammar
from ondol.models.llama_cpp.grammar import HEAD, json_grammar, with_sentinel

SENTINEL = "~~~~"
MOST_KNOWN = 256
NAMED = ("properties", "$defs", "definitions", "patternProperties")
LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")
"""What holds schemas in a JSON schema, by name or one after the other."""
Request = dict[str, Any]


class GrammarProbe:
    """Writes one token under each new grammar that asks for a word which no answer begins with.

    The prompt is the one that is to be answered, so it is read only once.
    """

    def __init__(self, server: LlamaServer) -> None:
        self._server = server
        self._good: set[str] = set()

    def require(self, grammar: str, request: Request, parts: Mapping[str, Any]) -> None:
        """Do nothing where llama.cpp obeys `grammar`.

        Args:
            request: prompt and adapters of the answer.
            parts: the JSON schemas in it, by what a person calls them.

        Raises:
            UsageError: with the part that cannot be read.
        """
        if grammar in self._good or not grammar.startswith(HEAD.split()[0]):
            return
        if self._obeys(grammar, request):
            self._good = {grammar, *(self._good if len(self._good) < MOST_KNOWN else ())}
            return
        for name, schema in parts.items():
            if not self._obeys(json_grammar(schema), request):
                place, part = self._find(name, schema, schema.get("$defs", {}), request)
                raise UsageError(
                    "llama.cpp cannot hold an answer to this JSON schema; it cannot read {place}: {part}",
                    hint="It reads type, properties, items, enum, const, anyOf, pattern, format and bounds.",
                    place=place, part=json.dumps(part, ensure_ascii=False)[:200],
                )  # fmt: skip
        raise unreadable_grammar()

    def _find(self, place: str, schema: Any, defs: Any, request: Request) -> tuple[str, Any]:
        """The smallest part that cannot be read alone."""
        for name, part in _parts(schema):
            whole = {**part, "$defs": defs} if defs else part
            if not self._obeys(json_grammar(whole), request):
                return self._find(f"{place}.{name}", part, defs, request)
        return place, schema

    def _obeys(self, grammar: str, request: Request) -> bool:
        asked = {**request, "grammar": with_sentinel(grammar, SENTINEL), "max_tokens": 1, "temperature": 0}
        events = map(check, chain.from_iterable(self._server.stream(asked)))
        text = "".join(choice.get("text") or "" for event in events for choice in event["choices"])
        return bool(text) and SENTINEL.startswith(text)


def _parts(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The schemas directly inside a schema, with their names."""
    rows = schema if isinstance(schema, dict) else {}
    for key, value in rows.items():
        if key in NAMED and isinstance(value, dict):
            found = list(value.items())
        elif key in LISTED and isinstance(value, list):
            found = [(f"{key}[{i}]", row) for i, row in enumerate(value)]
        else:
            found = [(key, value)] if key in ("items", "additionalProperties") else []
        yield from ((name, row) for name, row in found if isinstance(row, dict))
