"""Opened things by key, lent to those who use them."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from ondol.server.errors import Busy

T = TypeVar("T")
OLD_S = 10.0
"""How long `drop` waits for those who still use a thing."""


class Shelf(Generic[T]):
    """Each is opened once and lent to several at a time; to make room, the one goes that was not used for longest.

    What somebody uses is never closed.
    """

    def __init__(self, most: int, *, wait_s: float = 120.0) -> None:
        """
        Args:
            most: things that stay open.
            wait_s: how long to wait for room while all of them are in use.
        """
        self._most, self._wait_s = most, wait_s
        self._changed = threading.Condition()
        self._places: OrderedDict[Hashable, _Place[T]] = OrderedDict()
        self._closed = False

    @contextmanager
    def lend(self, key: Hashable, open_: Callable[[], T]) -> Iterator[T]:
        """The thing called `key`, opened when it is not there.

        Raises:
            Busy: others are in use all the time, or the shelf is closed.
        """
        place = self._take(key)
        try:
            yield place.get(open_)
        finally:
            self._give_back(key, place)

    def drop(self, key: Hashable) -> None:
        """Close it; whoever asks next opens it anew."""
        with self._changed:
            place = self._places.pop(key, None)
            if not place:
                return
            place.dropped = True
            if not self._changed.wait_for(lambda: not place.users, OLD_S):
                return  # the last user closes it
        place.close()

    def drop_where(self, chosen: Callable[[Any], bool]) -> None:
        for key in [key for key in list(self._places) if chosen(key)]:
            self.drop(key)

    def close(self, *, wait_s: float = 0.0, cut: bool = False) -> None:
        """Close everything; what is still in use after `wait_s` only if `cut` says that it can be."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            until = time.monotonic() + wait_s
            self._changed.wait_for(lambda: not any(place.users for place in self._places.values()), wait_s)
            places = [place for place in self._places.values() if cut or not place.users]
            self._places.clear()
        for place in places:
            place.close(wait_s=max(0.1, until - time.monotonic()))

    def _take(self, key: Hashable) -> _Place[T]:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or key in self._places or self._has_room(), self._wait_s)
            if self._closed or not (key in self._places or self._has_room()):
                raise Busy("Everything that fits into memory is in use.", hint="Ask again in a moment.")
            old = None
            if key not in self._places:
                if len(self._places) >= self._most:
                    old = self._places.pop(next(key for key, place in self._places.items() if not place.users))
                self._places[key] = _Place()
            self._places.move_to_end(key)
            place = self._places[key]
            place.users += 1
        if old:
            old.close()
        return place

    def _has_room(self) -> bool:
        return len(self._places) < self._most or any(not place.users for place in self._places.values())

    def _give_back(self, key: Hashable, place: _Place[T]) -> None:
        with self._changed:
            place.users -= 1
            if not place.users and not place.is_open and self._places.get(key) is place:
                del self._places[key]
            last = place.dropped and not place.users
            self._changed.notify_all()
        if last:
            place.close()


class _Place(Generic[T]):
    def __init__(self) -> None:
        self.users, self.dropped = 0, False
        self._lock = threading.Lock()
        self._thing: list[T] = []

    @property
    def is_open(self) -> bool:
        return bool(self._thing)

    def get(self, open_: Callable[[], T]) -> T:
        """Those who ask while it is being opened wait for that."""
        with self._lock:
            if not self._thing:
                self._thing.append(open_())
            return self._thing[0]

    def close(self, *, wait_s: float = -1) -> None:
        if not self._lock.acquire(timeout=wait_s):
            return  # it is still being opened
        try:
            for thing in self._thing:
                if hasattr(thing, "close"):
                    thing.close()
            self._thing.clear()
        finally:
            self._lock.release()
