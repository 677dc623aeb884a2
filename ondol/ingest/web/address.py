"""Web addresses: one spelling for every page, one to send and one to show."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import idna

from ondol.errors import UnusableInput
from ondol.lang import nfc

PORTS = {"http": 80, "https": 443}
FIRST_FREE_PORT = 1024
"""Below it only 80 and 443 are taken: other low ports belong to mail, shells and the like."""
LONGEST = 4096
HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
ESCAPED_TEXT = re.compile(r"(?:%[89A-F][0-9A-F])+")
UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
READABLE = ("HANGUL", "CJK", "HIRAGANA", "KATAKANA", "LATIN", "DIGIT", "HYPHEN-MINUS", "LOW LINE")
"""Scripts in which a host is shown; others have letters that look like Latin ones and stay `xn--`."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a page is, without fragment; equal for all spellings of one address."""

    scheme: str
    host: str
    """ASCII, lower case, without brackets."""
    port: int
    target: str
    """Path and query, ASCII."""

    @property
    def netloc(self) -> str:
        return self._netloc(self.host)

    @property
    def text(self) -> str:
        """ASCII, as it is sent."""
        return f"{self.scheme}://{self.netloc}{self.target}"

    @property
    def shown(self) -> str:
        """NFC, with Korean letters instead of `%EA%B0%80` and `xn--`; `parse_address` reads it back."""
        return f"{self.scheme}://{self._netloc(_shown_host(self.host))}{_shown_text(self.target)}"

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def join(self, reference: str) -> Address:
        """What a link or redirect on this page leads to."""
        try:
            return parse_address(urljoin(self.text, reference.strip()))
        except ValueError as error:  # brackets that hold no IPv6 address
            raise _misspelt() from error

    def _netloc(self, host: str) -> str:
        host = f"[{host}]" if ":" in host else host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def parse_address(text: str) -> Address:
    """Read an address as people write it; spaces and Korean letters are escaped.

    Raises:
        UnusableInput: it cannot be read from; the message is the reason.
    """
    text = nfc(text.strip())
    if len(text) > LONGEST:
        raise UnusableInput("The address is longer than {limit} characters.", limit=LONGEST)
    if any(char < " " or char in "\\\x7f" for char in text):
        raise _misspelt()
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _misspelt() from error
    scheme = parts.scheme.lower()
    if scheme not in PORTS:
        raise UnusableInput("Only addresses with http:// or https:// can be read.")
    if "@" in parts.netloc:
        raise UnusableInput("The address holds a user name or a password; leave it out.")
    port = PORTS[scheme] if port is None else port
    if port < FIRST_FREE_PORT and port not in PORTS.values():
        raise UnusableInput("Port {port} is not one of web pages.", port=port)
    return Address(scheme, _host(parts), port, _target(parts))


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    try:
        if "[" in parts.netloc and "%" not in host:  # a zone would name a network card of this machine
            return ipaddress.IPv6Address(host).compressed
        if not host.isascii():
            host = idna.encode(host, uts46=True).decode("ascii")
    except (ValueError, idna.IDNAError) as error:
        raise _misspelt() from error
    host = host.removesuffix(".")
    if not HOST.fullmatch(host) or len(host) > 253:
        raise _misspelt()
    return host


def _target(parts: SplitResult) -> str:
    path = "/".join(_without_dots(_escaped(parts.path).split("/")))
    path = path if path.startswith("/") else f"/{path}"
    return f"{path}?{_escaped(parts.query)}" if parts.query else path


def _escaped(text: str) -> str:
    """Percent escapes where needed and only there, in capitals."""
    text = quote(text, safe="%/:?#[]@!$&'()*+,;=-._~")
    text = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text)

    def plain(match: re.Match[str]) -> str:
        char = chr(int(match[1], 16))
        return char if UNRESERVED.fullmatch(char) else match[0].upper()

    return ESCAPE.sub(plain, text)


def _without_dots(segments: list[str]) -> list[str]:
    kept: list[str] = []
    for number, segment in enumerate(segments):
        if segment == ".." and len(kept) > 1:
            kept.pop()
        if segment not in (".", ".."):
            kept.append(segment)
        elif number == len(segments) - 1:
            kept.append("")
    return kept


def _shown_host(host: str) -> str:
    if "xn--" not in host:
        return host
    try:
        shown = nfc(idna.decode(host))
    except idna.IDNAError:
        return host
    names = (unicodedata.name(char, "") for char in shown if char != ".")
    return shown if all(name.startswith(READABLE) for name in names) else host


def _shown_text(target: str) -> str:
    def readable(match: re.Match[str]) -> str:
        try:
            text = bytes.fromhex(match[0].replace("%", "")).decode()
        except UnicodeDecodeError:
            return match[0]
        return text if text.isprintable() and not any(map(str.isspace, text)) else match[0]

    return nfc(ESCAPED_TEXT.sub(readable, target))


def _misspelt() -> UnusableInput:
    return UnusableInput("This is not written like a web address.")
