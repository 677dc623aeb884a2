"""Sources that were removed a moment ago, kept in memory so that they can be taken back."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from fastapi import Request

from ondol.errors import NotFound
from ondol.library.copies import Copy
from ondol.library.library import Library
from ondol.library.tags import TagChange

KEPT_S = 600
MOST_CHARACTERS = 1_000_000
"""Of one removal: about a minute of embedding when it is taken back on two cores."""
MOST_KEPT = 4 * MOST_CHARACTERS
_making = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    collection: str
    copy: Copy
    until: float = field(default_factory=lambda: time.time() + KEPT_S)
    """Seconds since 1970."""


class Removals:
    """The latest ones by token; older ones go when there are too many."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: OrderedDict[str, Removal] = OrderedDict()

    def keep(self, removal: Removal) -> str:
        token = secrets.token_urlsafe(16)
        with self._lock:
            self._rows[token] = removal
            self._sweep()
        return token

    def find(self, token: str) -> Removal:
        """Raises NotFound when it is over."""
        with self._lock:
            self._sweep()
            if token in self._rows:
                return self._rows[token]
        raise NotFound("This cannot be taken back any more.", hint="Add the documents again.")

    def forget(self, token: str) -> None:
        with self._lock:
            self._rows.pop(token, None)

    def _sweep(self) -> None:
        now = time.time()
        for token in [token for token, row in self._rows.items() if row.until < now]:
            del self._rows[token]
        while sum(row.copy.characters for row in self._rows.values()) > MOST_KEPT:
            self._rows.popitem(last=False)


def removals_of(request: Request) -> Removals:
    """Those of this server."""
    with _making:
        if not hasattr(request.app.state, "removals"):
            request.app.state.removals = Removals()
    removals: Removals = request.app.state.removals
    return removals


def write_back(library: Library, copy: Copy) -> tuple[list[str], list[str]]:
    """Write the sources of `copy` again; those whose id or file is in the library once more stay as they are.

    Returns:
        Document ids that are back, and those that were there.
    """
    there = {draft.document_id for draft in copy.drafts if library.stamp(draft.document_id)}
    taken = {file.place for file in copy.files if library.files.stamp(file.place)}
    back = [draft for draft in copy.drafts if draft.document_id not in there and draft.place not in taken]
    names = [draft.document_id for draft in back]
    library.write(back, files=[file for file in copy.files if file.place not in taken])
    for name in names:
        if copy.tags[name]:
            library.tag([name], TagChange(add=copy.tags[name]))
    library.finish()
    return names, [draft.document_id for draft in copy.drafts if draft.document_id not in names]
