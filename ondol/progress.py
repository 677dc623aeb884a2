"""How long work tells that it is alive; the command line draws it, a library caller may ignore it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """One bar at a time: `begin`, any number of `advance`, `end`; `note` prints a line of its own."""

    def begin(self, label: str, total: int | None, unit: str) -> None:
        """Start a bar; `total` counts `unit`s ("bytes", "chunks", "files") and is None when unknown."""

    def advance(self, amount: int) -> None: ...

    def note(self, line: str) -> None: ...

    def end(self) -> None: ...


class Silent:
    """Progress that says nothing."""

    def begin(self, label: str, total: int | None, unit: str) -> None:
        pass

    def advance(self, amount: int) -> None:
        pass

    def note(self, line: str) -> None:
        pass

    def end(self) -> None:
        pass
