"""Stop strings in a text that arrives in pieces."""

from __future__ import annotations

from collections.abc import Sequence


class StopCutter:
    """Lets text through up to the first stop string, and holds back what could still become one.

    The server has stop strings of its own, but drops the text it holds back when the answer ends for another reason
    ("Ondol is a warm" became "Ondol is a" with stop "rm fl" and 5 tokens).
    """

    def __init__(self, stop: Sequence[str]) -> None:
        self._stop = stop
        self._held = ""
        self.found = False

    def feed(self, text: str) -> str:
        """What can be shown now; nothing is fed after a stop string was found."""
        text = self._held + text
        places = [text.find(mark) for mark in self._stop if mark in text]
        self.found = bool(places)
        sure = min(places) if places else len(text) - self._unsure(text)
        self._held = "" if places else text[sure:]
        return text[:sure]

    def rest(self) -> str:
        """What was held back, when the text has ended without a stop string."""
        held, self._held = self._held, ""
        return held

    def _unsure(self, text: str) -> int:
        """Length of the longest end of `text` that a stop string begins with."""
        lengths = range(1, min(len(text) + 1, max(map(len, self._stop), default=0)))
        return max((n for n in lengths if any(mark.startswith(text[-n:]) for mark in self._stop)), default=0)
