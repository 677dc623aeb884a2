"""Sitemaps: which pages a host has, as XML, packed XML or a text with an address in each line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO

from lxml import etree

from ondol.errors import UnusableInput
from ondol.ingest.web.request import unpack

NAMED = re.compile(r"/[^/]*sitemap[^/]*\.(?:xml|txt)(?:\.gz)?", re.IGNORECASE)
"""Paths that are a sitemap without anybody saying so."""
ROOT = re.compile(rb"<(?:\w+:)?(?:urlset|sitemapindex)[\s>]")
GZIP = b"\x1f\x8b"
TRAP = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
MOST = 50_000
"""Addresses in one sitemap; more are not allowed by the protocol."""


@dataclass(frozen=True, slots=True)
class Sitemap:
    pages: list[str]
    sitemaps: list[str]
    """Of an index: where the pages are listed."""


def is_sitemap(path: str, data: bytes) -> bool:
    """Whether a page is a sitemap: its name says so, or its beginning."""
    return bool(NAMED.fullmatch(path[path.rfind("/") :]) or ROOT.search(data[:2048]))


def read_sitemap(data: bytes, limit: int) -> Sitemap:
    """The addresses in a sitemap, as they are written there.

    Args:
        limit: bytes after unpacking.

    Raises:
        UnusableInput: it is none, too large, or built to do harm.
    """
    if data.startswith(GZIP):
        data = b"".join(unpack(iter([data]), limit))
        if len(data) > limit:
            raise UnusableInput("The sitemap is larger than {limit} MB.", limit=limit >> 20)
    if not data.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<"):
        return _read_lines(data)
    if TRAP.search(data.replace(b"\0", b"")):
        raise UnusableInput("The sitemap declares a document type or entities, which none needs.")
    return _read_xml(data)


def _read_lines(data: bytes) -> Sitemap:
    lines = [line.strip() for line in data.decode("utf-8-sig", "replace").splitlines()]
    pages = [line for line in lines if line.lower().startswith(("http://", "https://"))]
    if not pages or len(pages) < len([line for line in lines if line]) / 2:
        raise UnusableInput("This is not a sitemap.")
    return Sitemap(pages[:MOST], [])


def _read_xml(data: bytes) -> Sitemap:
    found: dict[str, list[str]] = {"url": [], "sitemap": []}
    root = ""
    parser = etree.iterparse(
        BytesIO(data), events=("start", "end"), resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False
    )
    try:
        for event, element in parser:
            tag = etree.QName(element).localname if isinstance(element.tag, str) else ""
            root = root or tag
            if root not in ("urlset", "sitemapindex"):
                raise UnusableInput("This is not a sitemap.")
            above = element.getparent()
            if event == "end" and tag in found and above is not None and above.getparent() is None:
                place = element.find("{*}loc")
                if place is not None and place.text and len(found[tag]) < MOST:
                    found[tag].append(place.text.strip())
                element.clear()
                while element.getprevious() is not None:
                    del above[0]
    except etree.XMLSyntaxError as error:
        raise UnusableInput("The sitemap is damaged: {reason}", reason=error.msg) from error
    return Sitemap(found["url"], found["sitemap"])
