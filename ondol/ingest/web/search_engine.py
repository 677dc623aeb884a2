"""The web's search engines, through a SearxNG server that the user named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ondol.errors import BackendError, UnusableInput, UsageError
from ondol.ingest.hidden import strip_hidden
from ondol.ingest.web.address import Address, parse_address
from ondol.ingest.web.limits import WebLimits
from ondol.ingest.web.public import LIMITS, is_public
from ondol.ingest.web.request import Requests

LARGEST = 2 << 20
"""Bytes of an answer."""
LONGEST = 400


@dataclass(frozen=True, slots=True)
class Result:
    """A page that a search engine knows."""

    address: Address
    title: str
    excerpt: str
    """What the engine shows of it; no quote, for the page may say something else by now."""


class SearchEngine:
    """One server; it may be on this machine."""

    def __init__(self, endpoint: str, *, limits: WebLimits | None = None) -> None:
        """Take a server's address, whose settings must allow `format=json`; nothing is sent yet.

        Raises:
            UsageError: it is no address.
        """
        self._limits = limits or WebLimits(
            connect_s=LIMITS.connect_s, read_s=LIMITS.read_s, total_s=LIMITS.total_s, allow_private=True
        )
        try:
            self._place = parse_address(endpoint)
        except UnusableInput as error:
            raise UsageError(
                "'{url}' is no address of a search server: {reason}", hint="Such as http://127.0.0.1:8888",
                url=endpoint, reason=error,
            ) from error  # fmt: skip
        self._path = self._place.path.rstrip("/").removesuffix("/search")

    def search(self, query: str) -> list[Result]:
        """The pages that it finds, best first; those whose addresses cannot be on the web are left out.

        Raises:
            BackendError: the server cannot be reached, or gives no results.
            UnusableInput: its answer is too large.
        """
        target = f"{self._path}/search?q={quote(query[:LONGEST], safe='')}&format=json"
        address = Address(self._place.scheme, self._place.host, self._place.port, target)
        return list(_read_results(_ask(address, self._limits)))


def _ask(address: Address, limits: WebLimits) -> Any:
    with Requests(limits) as requests, requests.get(address) as response:  # a redirect is no answer
        if response.status == 403:
            raise BackendError(
                "The search server does not allow format=json.", hint="Add json to search.formats in its settings.yml."
            )
        if response.status != 200:
            raise BackendError("The server answers with status {status}.", status=response.status)
        data = response.read(LARGEST)
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BackendError("The search server's answer is no JSON.") from error


def _read_results(answer: Any) -> Iterator[Result]:
    rows = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise BackendError("The search server's answer holds no results.")
    for row in rows:
        if not isinstance(row, dict) or not isinstance(row.get("url"), str):
            continue
        try:
            address = parse_address(row["url"])
        except UnusableInput:
            continue
        if is_public(address):
            title, excerpt = (strip_hidden(str(row.get(name) or ""))[0] for name in ("title", "content"))
            yield Result(address, " ".join(title.split()), " ".join(excerpt.split()))
