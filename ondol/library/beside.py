"""Embedding while the next documents are read: a second connection, as another process would have it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from ondol.lexical.morphemes import Morphemes
from ondol.library import finishing
from ondol.library.database import open_database
from ondol.library.folders import DATABASE
from ondol.library.words import Words
from ondol.progress import Silent
from ondol.vector_stores.contract import LibraryStore


class Beside:
    """One thread that does what is to be done with vectors and words, as often as it is asked to."""

    def __init__(self, folder: Path, collection: str, morphemes: Morphemes, store: Callable[[], LibraryStore]) -> None:
        self._folder, self._collection, self._morphemes, self._store = folder, collection, morphemes, store
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self._stopped = threading.Event()

    @property
    def is_busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begin with what is there now, unless it is busy; an error of the last time is raised."""
        if not self.is_busy:
            self.wait()
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Until it is done; raises what went wrong."""
        if self._thread:
            self._thread.join()
            self._thread = None
        error, self._error = self._error, None
        if error and not isinstance(error, _Stopped):
            raise error

    def stop(self) -> None:
        """End it after the batch that it is at."""
        self._stopped.set()
        if self._thread:
            self._thread.join()

    def _work(self) -> None:
        db = open_database(self._folder / DATABASE)
        try:
            words = Words(db, self._folder / "words", morphemes=self._morphemes, collection=self._collection)
            finishing.finish(db, self._store, words, folder=self._folder, progress=_Until(self._stopped))
        except BaseException as error:  # told in the thread that waits
            self._error = error
        finally:
            db.close()


class _Stopped(Exception):
    pass


class _Until(Silent):
    def __init__(self, stopped: threading.Event) -> None:
        self._event = stopped

    def advance(self, amount: int) -> None:  # noqa: ARG002 - the protocol's signature
        if self._event.is_set():
            raise _Stopped
