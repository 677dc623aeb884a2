"""Progress of a process that no terminal belongs to: its notes, line by line."""

from __future__ import annotations

import sys

from ondol.progress import Silent


class Printed(Silent):
    def note(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)
