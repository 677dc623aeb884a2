"""How `benchmarks/retrieval.py` talks to a system in a process and virtual environment of its own: lines of JSON.

    {"do": "open", "model": FOLDER, "e5": true}           → {"seconds", "versions"}
    {"do": "add", "passages": FILE, "shared": FILE}       → {"seconds", "cpu"}; afresh, into an empty index
    {"do": "add_lexical", "shared": FILE}                 → {"seconds", "cpu"}; what the hybrid search needs on top
    {"do": "search", "mode": "dense", "queries": [TEXT]}  → {"ranked": [[ID]], "ms": [MS]}
    {"do": "peak"}                                        → {"mb"}

Standard output is for the answers alone; whatever a system prints there goes to standard error.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any

FETCH = 30
"""Hits that every system is asked for: those that cut a passage into chunks find it more than once."""
KEEP = 10
PREFIXES = {"query": "query: ", "passage": "passage: "}
"""What e5 was trained with."""


class System:
    """One system; what it holds as a default is its own, the rest is said in its file."""

    packages: tuple[str, ...] = ()

    def __init__(self, model: Path, prefixes: dict[str, str]) -> None:
        """Load the model, so that `add` and `search` are timed without it; no prefixes for models without."""
        raise NotImplementedError

    def empty(self) -> None:
        """Begin a new index; not timed."""

    def share(self, path: Path) -> Callable[[], None]:
        """Take passage vectors from `path` until the function that is returned is called."""
        raise NotImplementedError

    def add(self, passages: list[dict[str, str]], path: Path) -> None:
        """Index the passages; `path` is the file that they are from."""
        raise NotImplementedError

    def add_lexical(self, passages: list[dict[str, str]]) -> None:
        """Prepare the hybrid search, where the system has one."""

    def search(self, query: str, mode: str) -> Iterable[str]:
        """Ids of the passages found, best first, at most `FETCH`; one may come twice."""
        raise NotImplementedError


def whole(passage: dict[str, str]) -> str:
    """What every rival is given as the text of a passage."""
    return f"{passage['title']}\n{passage['text']}" if passage["title"] else passage["text"]


def first_different(ids: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(ids))[:KEEP]


def serve(system_class: type[System]) -> None:
    """Answer the lines of standard input until it ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    session = Session(system_class)
    for line in sys.stdin:
        asked = json.loads(line)
        answer = getattr(session, asked.pop("do"))(**asked)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


class Session:
    def __init__(self, system_class: type[System]) -> None:
        self._class, self._system, self._passages = system_class, None, []

    def open(self, model: str, e5: bool) -> dict[str, Any]:
        start = time.perf_counter()
        self._system = self._class(Path(model), PREFIXES if e5 else {})
        seconds = time.perf_counter() - start
        return {"seconds": seconds, "versions": {name: version(name) for name in self._class.packages}}

    def add(self, passages: str, shared: str | None = None) -> dict[str, float]:
        self._passages = [json.loads(line) for line in Path(passages).read_text(encoding="utf-8").splitlines()]
        self._system.empty()
        return self._timed(lambda: self._system.add(self._passages, Path(passages)), shared)

    def add_lexical(self, shared: str | None = None) -> dict[str, float]:
        return self._timed(lambda: self._system.add_lexical(self._passages), shared)

    def _timed(self, work: Callable[[], None], shared: str | None) -> dict[str, float]:
        with ExitStack() as stack:
            if shared:
                stack.callback(self._system.share(Path(shared)))
            start, cpu = time.perf_counter(), time.process_time()
            work()
            return {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}

    def search(self, mode: str, queries: list[str]) -> dict[str, list]:
        ranked, times = [], []
        for query in queries:
            start = time.perf_counter()
            found = list(self._system.search(query, mode))
            times.append(1000 * (time.perf_counter() - start))
            ranked.append(first_different(found))
        return {"ranked": ranked, "ms": times}

    def peak(self) -> dict[str, float]:
        return {"mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}  # kilobytes on Linux
