"""`name@url` → where the server is, and which key it may see."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from ondol.errors import UsageError

OFFICIAL = "api.openai.com"
_NAMED = re.compile(r"(?:(.*?)@)?(https?://.*)", re.IGNORECASE | re.DOTALL)
EXAMPLE = "llama3.1@http://127.0.0.1:11434/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a server is; a key that stood in the URL is kept apart and shown nowhere."""

    url: str
    """Without user and password."""
    host: str
    key: str = ""

    def __repr__(self) -> str:
        return f"Address({self.url})"

    @property
    def shown(self) -> str:
        return self.url

    @property
    def root(self) -> str:
        """Where a server keeps its own calls, beside OpenAI's: the URL without `/v1`."""
        return self.url.removesuffix("/v1")

    @property
    def loopback(self) -> bool:
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def split_name(spec: str) -> tuple[str, Address]:
    """Model name (may be empty) and server; without a URL the server is OPENAI_BASE_URL.

    Raises:
        UsageError: no server is named, or its URL cannot be one.
    """
    named = _NAMED.fullmatch(spec)
    if named:
        return named[1] or "", read_url(named[2])
    url = os.environ.get("OPENAI_BASE_URL", "")
    if not url:
        raise UsageError(
            "No server is named for the model '{name}'.",
            hint="Write it behind the name, openai:{example}, or set OPENAI_BASE_URL. OpenAI itself: "
            "openai:NAME@https://api.openai.com/v1",
            name=spec.rpartition("@")[2] if "://" in spec else spec, example=EXAMPLE,
        )  # fmt: skip
    return spec, read_url(url)


def read_url(url: str) -> Address:
    """Check a URL; one without a path gets `/v1`.

    Raises:
        UsageError: it is not http(s) with a host, or it carries a query.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment or re.search(r"\s", url):
        raise UsageError(
            "The address of the server cannot be used.",  # not repeated: it may hold a key
            hint="It is written http://host:port/v1, without a query: openai:{example}", example=EXAMPLE,
        )  # fmt: skip
    place = f"[{host}]" if ":" in host else host
    place += f":{port}" if port else ""
    return Address(
        url=f"{parts.scheme}://{place}{parts.path.rstrip('/') or '/v1'}",
        host=host,
        key=unquote(parts.password or parts.username or ""),
    )


def find_key(address: Address) -> tuple[str, bool]:
    """The key that this server may see (empty: none), and whether it is the server that OpenAI's variables mean.

    The strongest first: a key in the URL; ONDOL_API_KEY_<HOST> (`ONDOL_API_KEY_OPENROUTER_AI`); OPENAI_API_KEY, for
    https://api.openai.com and the server in OPENAI_BASE_URL only; ONDOL_OPENAI_API_KEY, for servers elsewhere.
    """
    own = address.host == OFFICIAL and address.url.startswith("https://")
    configured = os.environ.get("OPENAI_BASE_URL", "")
    if configured and not own:
        own = _origin(read_url(configured).url) == _origin(address.url)
    variables = [key_variable(address.host)]
    if own:
        variables.append("OPENAI_API_KEY")
    if not address.loopback and not own:
        variables.append("ONDOL_OPENAI_API_KEY")
    found = [address.key, *(os.environ.get(variable, "") for variable in variables)]
    return next((key for key in found if key), ""), own


def key_variable(host: str) -> str:
    return "ONDOL_API_KEY_" + re.sub(r"[^A-Z0-9]", "_", host.upper())


def _origin(url: str) -> tuple[str, str | None, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
