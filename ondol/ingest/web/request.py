"""One GET at a time: held to its size and time, and every way to fail has its message."""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from types import TracebackType

import httpcore

from ondol.errors import BackendError, UnusableInput
from ondol.ingest.web.address import Address
from ondol.ingest.web.connection import Guard, open_pool
from ondol.ingest.web.limits import WebLimits

AGENT = "ondol"
USER_AGENT = f"{AGENT}/{version('ondol')} (+local document reader)"
WINDOW = 1 << 16
"""Bytes unpacked at once."""


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answers; the body waits."""

    address: Address
    status: int
    headers: dict[str, str]
    """Names in lower case; of names that stand twice, the first. Bytes that are not ASCII as Latin-1."""
    _stream: Iterator[bytes]

    @property
    def media_type(self) -> str:
        """Lower case, without parameters; may be empty."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def read(self, limit: int, *, cut: bool = False) -> bytes:
        """The body, unpacked.

        Raises:
            UnusableInput: packed or unpacked it is larger than `limit` bytes, unless it may be `cut` there.
        """
        length = self.headers.get("content-length", "")
        if not cut and length.isdigit() and int(length[:20]) > limit:
            raise _large(limit)
        data = bytearray()
        for piece in self._unpacked(limit):
            data += piece
            if len(data) > limit:
                if cut:
                    return bytes(data[:limit])
                raise _large(limit)
        return bytes(data)

    def _unpacked(self, limit: int) -> Iterator[bytes]:
        packing = self.headers.get("content-encoding", "").strip().lower()
        if packing in ("", "identity"):
            yield from self._stream
        elif packing in ("gzip", "x-gzip", "deflate"):
            yield from unpack(self._stream, limit)
        else:
            raise UnusableInput("The server packs the page as {packing}, which it was not asked for.", packing=packing)


class Requests:
    """Sends requests through the guard, over connections that stay open for the next one."""

    def __init__(self, limits: WebLimits) -> None:
        self._limits = limits
        self._guard = Guard(limits)
        self._pool = open_pool(self._guard)

    def __enter__(self) -> Requests:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pool.close()

    @contextmanager
    def get(self, address: Address, *, etag: str = "", last_modified: str = "") -> Iterator[Response]:
        """Ask for a page; redirects are answers like others, and so is 304 when it is as it was.

        Raises:
            UnusableInput: the host's address is private, or the server speaks no HTTP.
            BackendError: it cannot be reached, or is too slow.
        """
        self._guard.begin()
        seconds = self._limits
        waits = {"connect": seconds.connect_s, "read": seconds.read_s, "write": seconds.read_s, "pool": 1.0}
        url = httpcore.URL(scheme=address.scheme, host=address.host, port=address.port, target=address.target)
        headers: dict[bytes | str, bytes | str] = {
            "Host": address.netloc, "User-Agent": USER_AGENT, "Accept-Encoding": "gzip", "Accept": "*/*",
            "Accept-Language": "ko,en;q=0.8,*;q=0.5",
        }  # fmt: skip
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers |= {name: value for name, value in conditions.items() if value and value.isascii()}
        try:
            with self._pool.stream("GET", url, headers=headers, extensions={"timeout": waits}) as answer:
                yield Response(address, answer.status, _headers(answer.headers), answer.iter_stream())
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise self._told(error, address.host) from error

    def _told(self, error: Exception, host: str) -> Exception:
        cause = error.__cause__ or error.__context__ or error  # httpcore drops the cause, never the context
        if isinstance(error, httpcore.TimeoutException):
            if self._guard.is_over():
                return BackendError("The page took longer than {seconds:g} seconds.", seconds=self._limits.total_s)
            slow = isinstance(error, httpcore.ConnectTimeout)
            seconds = self._limits.connect_s if slow else self._limits.read_s
            return BackendError("{host} did not answer within {seconds:g} seconds.", host=host, seconds=seconds)
        if isinstance(cause, ssl.SSLCertVerificationError):
            return BackendError(
                "{host} shows no certificate that can be trusted: {reason}.", host=host, reason=cause.verify_message
            )
        if isinstance(cause, ssl.SSLError):
            return BackendError("No secure connection to {host}: {reason}.", host=host, reason=cause.reason or cause)
        if isinstance(cause, ConnectionRefusedError):
            return BackendError("{host} refuses the connection.", host=host)
        if isinstance(error, httpcore.ProtocolError):
            return UnusableInput("{host} broke off, or does not speak HTTP: {reason}", host=host, reason=error)
        reason = getattr(cause, "strerror", None) or cause
        return BackendError("{host} cannot be reached: {reason}.", host=host, reason=reason)


def unpack(pieces: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """Unpack gzip or zlib in small windows, and not much more than `limit` bytes of it: a bomb does not go off.

    Raises:
        UnusableInput: the bytes are damaged, or end too early.
    """
    done = 0
    member = zlib.decompressobj(47)
    try:
        for piece in pieces:
            rest, data = piece, b""
            while (rest or len(data) == WINDOW) and done <= limit:
                if member.eof:  # several members, or zeros that fill up the file
                    rest = rest.lstrip(b"\0")
                    member = zlib.decompressobj(47) if rest else member
                data = member.decompress(rest, WINDOW) if not member.eof else b""
                done += len(data)
                yield data
                rest = member.unconsumed_tail or member.unused_data.lstrip(b"\0")
    except zlib.error as error:
        raise UnusableInput("The packed bytes are damaged.") from error
    if not member.eof and done <= limit:
        raise UnusableInput("The packed bytes are damaged.")


def _headers(rows: list[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in rows:
        headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    return headers


def _large(limit: int) -> UnusableInput:
    return UnusableInput("The page is larger than {limit} MB.", limit=limit >> 20)
