"""Processes that draw pages of PDFs: one that is a trap takes such a process with it, not the server."""

from __future__ import annotations

import json
import queue
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ondol.errors import NotFound, UnusableInput
from ondol.ingest.child import Child, Lost
from ondol.library.rows import Source, Span
from ondol.server.errors import Busy
from ondol.server.queue import ending
from ondol.server.sent_errors import read_error

NARROWEST, WIDEST = 100, 2400
"""Pixels."""
MEMORY_MB, LONGEST_S = 2048, 20.0
"""Of one page; the file is at most a quarter of that."""
AT_ONCE, WAIT_S = 2, 30.0
"""Processes, and how long a page waits for one of them."""
PNG = b"\x89PNG"
STAYS, LEAVES = b"+", b"-"
"""Before an answer: whether the process waits for the next page, or ends because it has grown."""
TEXT_STAYS = "Its text is in the library as it was read."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A page as it is to be drawn; see `draw_page`."""

    number: int
    width: int
    text: str
    marked: Span


class PageProcesses:
    """Started at the first page, kept between pages, replaced when they hang or crash."""

    def __init__(
        self, stopping: threading.Event, *, command: tuple[str, ...] = ("ondol.server.api.page_picture",),
        longest_s: float = LONGEST_S,
    ) -> None:  # fmt: skip
        """
        Args:
            stopping: ends what is being drawn.
            command: module of the process; it is told memory and time as arguments.
        """
        self._stopping = stopping
        command = (*command, str(MEMORY_MB), str(longest_s))
        self._children = [Child(command, silence_s=longest_s, stopped=stopping, environment={}) for _ in range(AT_ONCE)]
        self._free: queue.LifoQueue[Child] = queue.LifoQueue()  # the one that was used last is running already
        for child in self._children:
            self._free.put(child)

    def draw(self, source: Source, sha256: str, wanted: Wanted) -> bytes:
        """A page of the file that the library has read, as PNG.

        Raises:
            NotFound: the file is gone or another one now, or has no such page.
            UnusableInput: it is damaged, or takes too long or too much.
            Busy: others are being drawn.
        """
        if not is_original(source):
            raise gone(source.source)
        asked = {
            "place": source.place, "source": source.source, "sha256": sha256, "number": wanted.number,
            "width": wanted.width, "text": wanted.text, "marked": wanted.marked,
        }  # fmt: skip
        with self._lend() as child:
            try:
                child.ask(json.dumps(asked).encode())
                said = child.receive()
            except Lost as lost:
                raise UnusableInput(lost.template, hint=TEXT_STAYS, **lost.values) from lost
            if said.startswith(LEAVES):
                child.close()
        answer = said[1:]
        if not answer.startswith(PNG):
            raise read_error(json.loads(answer))
        return answer

    def close(self) -> None:
        """End the processes; `stopping` ends what they are at."""
        closed = []
        for _ in self._children:
            with suppress(queue.Empty):
                closed.append(self._free.get(timeout=1))
        for child in closed:
            child.close()
            self._free.put(child)

    @contextmanager
    def _lend(self) -> Iterator[Child]:
        try:
            child = self._free.get(timeout=WAIT_S)
        except queue.Empty:
            raise Busy("Other pages are being drawn.", hint="Ask again in a moment.") from None
        try:
            if self._stopping.is_set():
                raise ending()
            yield child
        finally:
            self._free.put(child)


def is_original(source: Source) -> bool:
    """Whether the file may still be there to be looked at: a PDF by itself, of the size that was read."""
    if source.format != "pdf" or source.part or not source.place:
        return False
    try:
        status = Path(source.place).stat()
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == source.bytes


def gone(source: str) -> NotFound:
    return NotFound("The PDF of {source} is not there any more, or was changed.", hint=TEXT_STAYS, source=source)
