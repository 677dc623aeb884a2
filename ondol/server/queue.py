"""Turns at the models: clients in rotation, with a bound on who waits and on how long an answer takes."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import TypeVar

from ondol.server.errors import Busy, TooSlow

T = TypeVar("T")
BEAT_S = 2.0
"""How often a waiting client is told its place, and one that has gone is noticed."""
GUESS_S = 5.0
"""How long an answer takes, before any was given."""


class Queue:
    """At most `turns` answers are written at once; a client with many questions does not keep the others waiting."""

    def __init__(self, *, turns: int = 4, waiting: int = 128, answer_s: float = 600.0) -> None:
        """
        Args:
            waiting: most that wait; one client has at most half of these places.
            answer_s: most seconds for one answer, from its turn on.
        """
        self.turns, self.waiting, self.answer_s = turns, waiting, answer_s
        self._lock = threading.Lock()
        self._rows: OrderedDict[str, deque[Place]] = OrderedDict()
        self._running: set[Place] = set()
        self._usual_s, self._closed, self._cut = GUESS_S, False, False

    @contextmanager
    def enter(self, client: str) -> Iterator[Place]:
        """A place, given back at the end; call `wait` before the work.

        Raises:
            Busy: too many are waiting, or the server is ending.
        """
        place = Place(self, client)
        self._join(place)
        try:
            yield place
        finally:
            self._leave(place)

    def run(self, client: str, work: Callable[[], Iterator[T]]) -> Generator[int | T]:
        """Positions while `client` waits, then what `work` gives; closing this ends the work.

        Raises:
            Busy, TooSlow: as `enter`, `Place.wait` and `Place.limit`.
        """
        with self.enter(client) as place:
            yield from place.wait()
            yield from place.limit(work())

    def close(self) -> None:
        """Nobody gets a turn any more; who waits is told so."""
        with self._lock:
            self._closed = True
            for place in chain.from_iterable(self._rows.values()):
                place._called.set()

    def cut(self) -> None:
        """End the answers that are being written, at their next word."""
        self.close()
        self._cut = True

    def _join(self, place: Place) -> None:
        with self._lock:
            count = sum(map(len, self._rows.values()))
            own = len(self._rows.get(place.client, ()))
            must_wait = count or len(self._running) >= self.turns
            if self._closed or (must_wait and (count >= self.waiting or own >= max(1, self.waiting // 2))):
                after = max(1, math.ceil(self._usual_s * (count + 1) / self.turns))
                raise Busy(
                    "Too many questions are waiting.", hint="Ask again in {seconds} s.", seconds=after,
                    retry_after_s=after,
                )  # fmt: skip
            self._rows.setdefault(place.client, deque()).append(place)
            self._advance()

    def _leave(self, place: Place) -> None:
        with self._lock:
            if place in self._running:
                self._running.remove(place)
                self._usual_s += (time.monotonic() - place.started - self._usual_s) / 4
            elif place in self._rows.get(place.client, ()):
                self._rows[place.client].remove(place)
                if not self._rows[place.client]:
                    del self._rows[place.client]
            self._advance()

    def _advance(self) -> None:
        while self._rows and len(self._running) < self.turns:
            client, row = next(iter(self._rows.items()))
            place = row.popleft()
            place.started = time.monotonic()
            self._running.add(place)
            place._called.set()
            self._rows.move_to_end(client)
            if not row:
                del self._rows[client]

    def _position(self, place: Place) -> int:
        """How many turns until its own; 0 when it has it."""
        if place in self._running:
            return 0
        round_, before, ahead = self._rows[place.client].index(place), True, 1
        for client, row in self._rows.items():
            before = before and client != place.client
            ahead += min(len(row), round_ + before)
        return ahead


class Place:
    """One client's place in the queue."""

    def __init__(self, queue: Queue, client: str) -> None:
        self._queue, self.client, self.started = queue, client, 0.0
        self._called = threading.Event()
        """Its turn has come, or the queue is closed: nobody else is woken."""

    def wait(self) -> Iterator[int]:
        """Its position, from 1, now and every `BEAT_S`; ends when the turn has come.

        Raises:
            Busy: the server is ending.
        """
        while position := self._ask():
            yield position
            self._called.wait(BEAT_S)

    def _ask(self) -> int:
        with self._queue._lock:
            if self._queue._closed:
                raise ending()
            return self._queue._position(self)

    def limit(self, pieces: Iterable[T]) -> Iterator[T]:
        """The pieces of an answer; closing this closes them.

        Raises:
            TooSlow: it takes longer than an answer may.
            Busy: the server is ending.
        """
        until = self.started + self._queue.answer_s
        try:
            for piece in pieces:
                yield piece
                if self._queue._cut:
                    raise ending()
                if time.monotonic() > until:
                    raise TooSlow(
                        "The answer took longer than {seconds} s and was ended.",
                        hint="Ask for a shorter one, or take a smaller model.", seconds=round(self._queue.answer_s),
                    )  # fmt: skip
        finally:
            if hasattr(pieces, "close"):
                pieces.close()


def ending() -> Busy:
    return Busy("The server is ending.", hint="Ask again when it is back.")
