"""Pages from the web, one after the other: `fetch_pages`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ondol.errors import BackendError, OndolError, UnusableInput
from ondol.ingest.web.address import Address, parse_address
from ondol.ingest.web.limits import WebLimits
from ondol.ingest.web.page import Fetched, find_suffix, make_page
from ondol.ingest.web.redirects import Known, follow
from ondol.ingest.web.request import Requests, Response
from ondol.ingest.web.robots import Manners
from ondol.ingest.web.sitemap import is_sitemap, read_sitemap
from ondol.lang import nfc, translate
from ondol.progress import Progress, Silent

DEEPEST = 2
"""Sitemaps in sitemaps; the protocol knows one level."""
MOST_SITEMAPS = 100
XML = {"application/xml", "text/xml"}
SECRET = re.compile(r"(?<=:)//[^/?#\s]*@")


@dataclass(frozen=True, slots=True)
class Unfetched:
    """An address nothing was read from."""

    path: str
    reason: str
    left: bool = False
    """Left out by a rule of ours; nothing failed."""

    @property
    def row(self) -> dict[str, str]:
        return {"path": self.path, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class NotModified:
    """A page that is as it was."""

    url: str
    """As `Fetched.url`."""


Page = Fetched | NotModified | Unfetched


def fetch_pages(
    url: str,
    *,
    limits: WebLimits | None = None,
    sitemap: bool = False,
    known: Known | None = None,
    progress: Progress | None = None,
) -> Iterator[Page]:
    """Read one page, or those that a sitemap lists, each once; no link on a page is followed.

    Args:
        url: a page, or a sitemap (told by its name or content).
        sitemap: it is a sitemap, or a host whose robots.txt names some.
        known: what the server said of a page the last time, by `Fetched.url`; then an unchanged one is not sent again.
        progress: draws a bar over the pages of a sitemap, which stands while pages are handed out.

    Returns:
        What was read, in the sitemap's order, and what was not, with the reason; nothing is raised for a page.
    """
    limits = limits or WebLimits()
    with Requests(limits) as requests:
        yield from _Visit(requests, limits, known, progress or Silent()).read(url, sitemap=sitemap)


@dataclass(frozen=True, slots=True)
class _Listing:
    """A sitemap that was read."""

    address: Address
    data: bytes


@dataclass(slots=True)
class _Visit:
    requests: Requests
    limits: WebLimits
    known: Known | None
    progress: Progress
    manners: Manners = field(init=False)
    _home: str = ""
    """The site whose sitemap is read; empty while any host is good."""
    _seen: set[str] = field(default_factory=set)
    _pages: dict[str, Address] = field(default_factory=dict)
    _foreign: Counter[str] = field(default_factory=Counter)
    _sitemaps: int = 0

    def __post_init__(self) -> None:
        self.manners = Manners(self.requests, self.limits)

    def read(self, url: str, *, sitemap: bool) -> Iterator[Page]:
        try:
            address = parse_address(url)
            if sitemap and address.target == "/":
                self.manners.ask(address)
                self._home = _site(address)
                found = self.manners.sitemaps(address) or [address.join("/sitemap.xml")]
                yield from self._read_all(url, found)
            elif isinstance(page := self._fetch(address, sitemap=sitemap), _Listing):
                self._home = _site(page.address)
                yield from self._read_all(url, [page])
            else:
                yield page
        except OndolError as error:
            yield Unfetched(_shown(url), error.message)

    def _fetch(self, address: Address, *, sitemap: bool = False) -> Fetched | NotModified | _Listing:
        """A page, or the bytes of a sitemap; of whatever is there when `sitemap` says so."""
        known = None if sitemap else self.known
        done = self.manners.done
        with follow(self.requests, address, self.limits, before=self._ask, after=done, known=known) as response:
            if response.status == 304 and known:
                return NotModified(response.address.shown)
            _check_status(response)
            if sitemap or (not self._home and is_sitemap(response.address.path, b"")):
                return _Listing(response.address, response.read(self.limits.max_bytes))
            if self._home or response.media_type not in XML:
                suffix = find_suffix(response)
                return make_page(response, response.read(self.limits.max_bytes), suffix)
            data = response.read(self.limits.max_bytes)
            if is_sitemap("", data):
                return _Listing(response.address, data)
            return make_page(response, data, find_suffix(response))

    def _ask(self, address: Address) -> None:
        if self._is_foreign(address):
            raise UnusableInput("The page leads to another host: {url}", url=address.shown)
        self.manners.ask(address)

    def _is_foreign(self, address: Address) -> bool:
        return bool(self._home) and not self.limits.other_hosts and _site(address) != self._home

    def _read_all(self, url: str, sitemaps: Sequence[Address | _Listing]) -> Iterator[Page]:
        for sitemap in sitemaps:
            yield from self._list(sitemap, depth=1)
        left = "{count} pages of the host {host} were left out; --other-hosts reads them too."
        for host, count in self._foreign.items():
            yield Unfetched(_shown(url), translate(left, count=count, host=host), left=True)
        if len(self._pages) > self.limits.max_pages:
            left = "The sitemap lists more than {limit} pages; the others were left out. --max-pages reads more."
            yield Unfetched(_shown(url), translate(left, limit=self.limits.max_pages), left=True)
        pages = list(self._pages.values())[: self.limits.max_pages]
        self.progress.begin("Fetching", len(pages), "pages")
        try:
            for address in pages:
                yield from self._read_page(address)
                self.progress.advance(1)
        finally:
            self.progress.end()

    def _read_page(self, address: Address) -> Iterator[Page]:
        try:
            page = self._fetch(address)
        except OndolError as error:
            yield Unfetched(address.shown, error.message)
            return
        if not isinstance(page, _Listing) and page.url not in self._seen:
            self._seen.add(page.url)
            yield page

    def _list(self, sitemap: Address | _Listing, *, depth: int) -> Iterator[Unfetched]:
        """Collect the pages of a sitemap, and of those that it lists, until there are more than wanted."""
        shown = sitemap.shown if isinstance(sitemap, Address) else sitemap.address.shown
        if len(self._pages) > self.limits.max_pages or shown in self._seen:
            return
        self._seen.add(shown)
        self._sitemaps += 1
        try:
            if depth > DEEPEST or self._sitemaps > MOST_SITEMAPS:
                raise UnusableInput("The sitemap lies too deep, or is one of too many.")
            found = self._fetch(sitemap, sitemap=True) if isinstance(sitemap, Address) else sitemap
            assert isinstance(found, _Listing)
            listed = read_sitemap(found.data, self.limits.max_bytes)
        except OndolError as error:
            yield Unfetched(shown, error.message)
            return
        yield from self._take_pages(found.address, listed.pages)
        for text in listed.sitemaps:
            try:
                below = found.address.join(text)
            except UnusableInput as error:
                yield Unfetched(_shown(text), error.message)
            else:
                yield from self._list(below, depth=depth + 1)

    def _take_pages(self, above: Address, texts: list[str]) -> Iterator[Unfetched]:
        for text in texts:
            try:
                address = above.join(text)
            except UnusableInput as error:
                yield Unfetched(_shown(text), error.message)
                continue
            if self._is_foreign(address):
                self._foreign[address.host] += 1
            else:
                self._pages.setdefault(address.text, address)


def _site(address: Address) -> str:
    return address.host.removeprefix("www.")


def _shown(url: str) -> str:
    """An address that may be none, without a password in it."""
    return nfc(SECRET.sub("//", url.strip()))


def _check_status(response: Response) -> None:
    status = response.status
    if status == 200:
        return
    if status in (404, 410):
        raise UnusableInput("There is no such page (status {status}).", status=status)
    if status in (401, 403, 407, 451):
        raise UnusableInput("The server does not let everybody read this page (status {status}).", status=status)
    if status == 429:
        raise BackendError("The server is asked too often (status {status}); try again later.", status=status)
    raise BackendError("The server answers with status {status}.", status=status)
