"""Redirects, each looked at like a first address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote

from ondol.errors import UnusableInput
from ondol.ingest.web.address import Address
from ondol.ingest.web.limits import WebLimits
from ondol.ingest.web.request import Requests, Response

MOVED = {301, 302, 303, 307, 308}
Known = Callable[[str], tuple[str, str]]
"""From an address as it is shown to the `etag` and `last_modified` that a server sent with it; empty when unknown."""


@contextmanager
def follow(
    requests: Requests,
    address: Address,
    limits: WebLimits,
    *,
    before: Callable[[Address], None] | None = None,
    after: Callable[[Address], None] | None = None,
    known: Known | None = None,
) -> Iterator[Response]:
    """The answer at the end of the redirects.

    Args:
        before: called with every address that is asked for; what it raises ends the way.
        after: called when its answer was read.
        known: tells what is known of a page, which is then only sent when it has changed.

    Raises:
        UnusableInput: there are too many, or one leads where nothing is read from.
        BackendError: as `Requests.get`.
    """
    for _ in range(limits.redirects + 1):
        if before:
            before(address)
        try:
            etag, last_modified = known(address.shown) if known else ("", "")
            with requests.get(address, etag=etag, last_modified=last_modified) as response:
                moved = response.status in MOVED and response.headers.get("location")
                if not moved:
                    yield response
                    return
        finally:
            if after:
                after(address)
        address = _next(address, moved)
    raise UnusableInput("The page leads on more than {limit} times.", limit=limits.redirects)


def _next(address: Address, location: str) -> Address:
    """Bytes that are not ASCII are escaped as they are, whatever their encoding was."""
    place = address.join(quote(location.encode("latin-1"), safe="".join(map(chr, range(0x21, 0x7F)))))
    if address.scheme == "https" and place.scheme == "http":
        raise UnusableInput("The page leads from https to {url}, which anybody on the way can change.", url=place.shown)
    return place
