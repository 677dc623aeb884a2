"""Servers that llguidance has worked for, kept in memory until it has worked for another one.

llama.cpp keeps llguidance's copy of a vocabulary under the address of the model. A model that is loaded where a freed
one was got the other's vocabulary: an aborted process, or wrong tokens.
Source: llama_sampler_llg_new_tokenizer in llama.cpp's common/llguidance.cpp
"""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

MARK = "%llguidance"
ANYTHING = f"{MARK} {{}}\nstart: /(.|\\n)*/\n"
Held = list[Any]
"""A server that is open, or nothing when it was closed."""
_kept: dict[int, tuple[Held, Any]] = {}
atexit.register(_kept.clear)


@contextmanager
def keep(held: Held, request: dict[str, Any]) -> Iterator[None]:
    """Keep the server of `held` from the first request with such a grammar; closed ones go when it has been done."""
    if not str(request.get("grammar", "")).startswith(MARK):
        yield
        return
    closed = list_closed()
    if held:
        _kept[id(held)] = (held, held[0])
    yield
    for number in closed:
        if number != id(held):
            _kept.pop(number, None)


def list_closed() -> list[int]:
    """Servers that wait for another one to take their place."""
    return [number for number, (held, _) in list(_kept.items()) if not held]
