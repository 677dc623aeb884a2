"""Pages that everybody may read: none of this machine, its own network, or where a host asks programs to stay away."""

from __future__ import annotations

import ipaddress
import socket

from ondol.errors import BackendError, UnusableInput
from ondol.ingest.formats import FORMATS
from ondol.ingest.web.address import Address, parse_address
from ondol.ingest.web.connection import place_of
from ondol.ingest.web.limits import WebLimits
from ondol.ingest.web.page import Fetched, find_suffix, make_page
from ondol.ingest.web.redirects import follow
from ondol.ingest.web.request import Requests
from ondol.ingest.web.robots import Manners

LIMITS = WebLimits(max_mb=10, connect_s=5.0, read_s=10.0, total_s=30.0, delay_s=0.0, longest_delay_s=2.0)
"""For pages that somebody waits for."""
UNREAD = ("audio:", "archive:")
"""Formats that take minutes, or are many files."""
INSIDE = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "arpa", "test", "invalid")
"""Last parts of names that the web does not know."""


def read_page(url: str, limits: WebLimits = LIMITS) -> Fetched:
    """One page, never a sitemap's pages; the network guard of `limits` decides what is public.

    Raises:
        UnusableInput: it is private, of no known format, too large, or there is none.
        BackendError: the host cannot be reached.
    """
    address = parse_address(url if "://" in url else f"https://{url}")
    try:
        with Requests(limits) as requests:
            manners = Manners(requests, limits)
            with follow(requests, address, limits, before=manners.ask, after=manners.done) as response:
                if response.status != 200:
                    raise BackendError("The server answers with status {status}.", status=response.status)
                suffix = find_suffix(response)
                if suffix and FORMATS[suffix].target.startswith(UNREAD):
                    raise UnusableInput("The format {kind} cannot be read.", kind=suffix)
                return make_page(response, response.read(limits.max_bytes), suffix)
    except UnusableInput as error:
        if "address" in error.values and place_of(error.values["address"]) != "public":
            raise UnusableInput("{host} is no public host; only public pages are read.", **error.values) from error
        raise


def is_public(address: Address) -> bool:
    """Whether a host may be one of the web, by its name alone; who connects to it must look again at its addresses."""
    try:
        rows = socket.getaddrinfo(address.host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except OSError:  # a name, no number in any spelling
        last = address.host.rpartition(".")
        return bool(last[0]) and last[2] not in INSIDE
    found = [ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in rows]
    return bool(found) and all(place_of(ip) == "public" for ip in found)
