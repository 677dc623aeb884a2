"""Connections to hosts whose address was looked at: the one that is checked is the one that is connected to."""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
import time
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Literal

import certifi
import httpcore

from ondol.errors import BackendError, UnusableInput
from ondol.ingest.web.limits import WebLimits

IP = IPv4Address | IPv6Address
SECRETS = ("100.100.100.200", "168.63.129.16", "169.254.0.0/16", "fd00:ec2::254")
"""Where clouds tell a machine its keys."""
OWN = ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15", "::1",
       "fc00::/7")  # fmt: skip
"""This machine and its own network."""
NOWHERE = (
    "0.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
    "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
)  # fmt: skip
"""Reserved, for many at once, for examples, or wrapping another address (6to4, Teredo); IPv6 outside 2000::/3 too."""
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")


def place_of(address: IP) -> Literal["public", "own", "closed"]:
    """Whose an address is; addresses wrapped in another one count as what they wrap."""
    if isinstance(address, IPv6Address):
        if inner := address.ipv4_mapped:
            return place_of(inner)
        if address in NAT64:
            return place_of(IPv4Address(int(address) & 0xFFFFFFFF))
    if _is_in(address, SECRETS):
        return "closed"
    if _is_in(address, OWN):
        return "own"
    if _is_in(address, NOWHERE) or not address.is_global:
        return "closed"
    return "public" if isinstance(address, IPv4Address) or address in GLOBAL_IPV6 else "closed"


def _is_in(address: IP, networks: Iterable[str]) -> bool:
    return any(address in ipaddress.ip_network(network) for network in networks)


def find_addresses(host: str, port: int, *, allow_private: bool) -> list[IP]:
    """The addresses of a host, in the resolver's order; all of them must be open, or none is told.

    Raises:
        UnusableInput: one is private, or no address of a server.
        BackendError: nobody knows the host.
    """
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise BackendError("The host {host} is not known; is it spelt right?", host=host) from error
    found = list(dict.fromkeys(ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in rows))
    for address in found:
        place = place_of(address)
        if place == "own" and not allow_private:
            raise UnusableInput(
                "{host} leads to the private address {address}. --allow-private reads from your own network too.",
                host=host, address=address,
            )  # fmt: skip
        if place == "closed":
            raise UnusableInput(
                "{host} leads to {address}, where no web pages are read from.", host=host, address=address
            )
    return found


class Guard(httpcore.NetworkBackend):
    """Resolves a host once, checks what comes out, and connects to just that; keeps to one deadline.

    TLS still checks the host's name: httpcore passes it on to `start_tls`.
    """

    def __init__(self, limits: WebLimits) -> None:
        self._limits = limits
        self._backend = httpcore.SyncBackend()
        self._deadline = 0.0

    def begin(self) -> None:
        """The request that begins now has all its time."""
        self._deadline = time.monotonic() + self._limits.total_s

    def is_over(self) -> bool:
        return time.monotonic() >= self._deadline

    def left(self, timeout_s: float | None) -> float:
        """Seconds for the next step; never 0, which would mean not to wait."""
        most = self._limits.read_s if timeout_s is None else timeout_s
        return max(0.001, min(most, self._deadline - time.monotonic()))

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = find_addresses(host, port, allow_private=self._limits.allow_private)
        for number, address in enumerate(addresses, 1):
            try:
                stream = self._backend.connect_tcp(
                    str(address), port, self.left(timeout), local_address, socket_options
                )
                return _Timed(stream, self)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(addresses) or self.is_over():
                    raise
        raise BackendError("The host {host} is not known; is it spelt right?", host=host)


class _Timed(httpcore.NetworkStream):
    """A stream whose every step is held to the guard's deadline: bytes that trickle in do not count as life."""

    def __init__(self, stream: httpcore.NetworkStream, guard: Guard) -> None:
        self._stream, self._guard = stream, guard

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._guard.is_over():
            raise httpcore.ReadTimeout
        return self._stream.read(max_bytes, self._guard.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._guard.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, self._guard.left(timeout)), self._guard)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def open_pool(guard: Guard) -> httpcore.ConnectionPool:
    """Without proxies, for nobody could check what they connect to; `SSL_CERT_FILE` names other authorities."""
    context = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or certifi.where())
    return httpcore.ConnectionPool(ssl_context=context, max_connections=4, keepalive_expiry=5.0, network_backend=guard)
