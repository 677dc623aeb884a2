"""What hosts ask of programs in their robots.txt (RFC 9309)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from protego import Protego

from ondol.errors import OndolError, UnusableInput
from ondol.ingest.web.address import Address
from ondol.ingest.web.limits import WebLimits
from ondol.ingest.web.redirects import follow
from ondol.ingest.web.request import AGENT, Requests

LARGEST = 512 << 10
"""Bytes of a robots.txt that count; the RFC asks for 500 KiB."""


@dataclass(slots=True)
class _Host:
    rules: Protego | None = None
    problem: OndolError | None = None
    """Why nothing is read from the host."""
    asked: float = 0.0
    """When the last request to it ended, on the monotonic clock."""


@dataclass(slots=True)
class Manners:
    """Keeps to the rules of each host, and to the pauses between two requests."""

    requests: Requests
    limits: WebLimits
    _hosts: dict[tuple[str, str, int], _Host] = field(default_factory=dict)

    def ask(self, address: Address) -> None:
        """Wait until the page may be asked for.

        Raises:
            UnusableInput: the host does not want it, or it cannot be known.
            BackendError: the host cannot be reached.
        """
        host = self._host(address)
        if host.problem:
            raise host.problem
        if host.rules and not host.rules.can_fetch(address.text, AGENT):
            raise UnusableInput("The robots.txt of {host} asks programs not to read this page.", host=address.netloc)
        wanted = max(self.limits.delay_s, (host.rules and host.rules.crawl_delay(AGENT)) or 0.0)
        pause = host.asked + min(wanted, max(self.limits.longest_delay_s, self.limits.delay_s)) - time.monotonic()
        if host.asked and pause > 0:
            time.sleep(pause)

    def done(self, address: Address) -> None:
        """A request has ended; the pause begins."""
        self._host(address).asked = time.monotonic()

    def sitemaps(self, address: Address) -> list[Address]:
        """The sitemaps that the host tells, those that are written correctly."""
        rules = self._host(address).rules
        found = []
        for line in rules.sitemaps if rules else ():
            try:
                found.append(address.join(line))
            except UnusableInput:
                continue  # a line of a foreign file, that says nothing to us
        return found

    def _host(self, address: Address) -> _Host:
        key = (address.scheme, address.host, address.port)
        if key not in self._hosts:
            host = self._hosts[key] = _Host()
            try:
                host.rules = self._read(address)
            except OndolError as error:
                host.problem = error
        return self._hosts[key]

    def _read(self, address: Address) -> Protego | None:
        """The rules; None where there are none. A host that has trouble telling them wants no visit now."""
        with follow(self.requests, address.join("/robots.txt"), self.limits) as response:
            if response.status == 429 or response.status >= 500:
                raise UnusableInput(
                    "The robots.txt of {host} cannot be read now (status {status}), so nothing else is either.",
                    host=address.netloc, status=response.status,
                )  # fmt: skip
            if response.status != 200:
                return None
            return Protego.parse(response.read(LARGEST, cut=True).decode("utf-8-sig", "replace"))
