"""EPUB: the chapters of a book in its order, each a page."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from ondol.errors import UnusableInput
from ondol.ingest.formats.html import read_html
from ondol.ingest.formats.joined import add_parsed
from ondol.ingest.formats.zipped import ZippedDocument, find_text, local
from ondol.ingest.parsed import Parsed, TextBuilder
from ondol.library.dates import iso_day

FONTS = {"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"}
"""Ways in which fonts are scrambled; they leave the text readable."""
CHAPTERS = (".xhtml", ".html", ".htm", ".xml")


def read_epub(data: bytes, name: str) -> Parsed:
    package = ZippedDocument(data, kind=".epub")
    encryption = package.find_xml("META-INF/encryption.xml")
    methods = encryption.iter("{*}EncryptionMethod") if encryption is not None else ()
    if any(method.get("Algorithm") not in FONTS for method in methods):
        raise UnusableInput("The book is protected against copying (DRM).")
    place = _package_place(package)
    about = package.xml(place)
    names = _chapter_names(package, about, place)
    builder, hidden = TextBuilder(), list[str]()
    for member in _spine(about, place):
        if member not in package.names or not member.lower().endswith(CHAPTERS):
            continue
        chapter = _read_chapter(package, member)
        if chapter.text.strip():
            first = chapter.headings[0].title if chapter.headings else ""
            builder.turn_page(names.get(member) or first)
            add_parsed(builder, chapter)
            hidden += [chapter.hidden] if chapter.hidden else []
    return builder.build(
        title=find_text(about, "title") or name, format="epub", unit="section", author=find_text(about, "creator"),
        date=iso_day(find_text(about, "date")), hidden="; ".join(hidden[:3]),
    )  # fmt: skip


def _package_place(package: ZippedDocument) -> str:
    container = package.xml("META-INF/container.xml")
    for root in container.iter("{*}rootfile"):
        if root.get("full-path") in package.names:
            return str(root.get("full-path"))
    raise package.damaged()


def _spine(about: Any, place: str) -> Iterator[str]:
    """Members in reading order."""
    items = {item.get("id"): item.get("href") for item in about.iter("{*}item")}
    for reference in about.iter("{*}itemref"):
        href = items.get(reference.get("idref"))
        if href:
            yield _member(place, href)


def _member(place: str, href: str) -> str:
    path = unquote(href.partition("#")[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(place), path))


def _chapter_names(package: ZippedDocument, about: Any, place: str) -> dict[str, str]:
    """What the table of contents calls each member; the first entry counts."""
    names: dict[str, str] = {}
    for item in about.iter("{*}item"):
        member = _member(place, item.get("href") or "")
        if item.get("media-type") == "application/x-dtbncx+xml" and (toc := package.find_xml(member)) is not None:
            for point in toc.iter("{*}navPoint"):
                content = next(point.iter("{*}content"), None)
                if content is not None:
                    names.setdefault(_member(member, content.get("src") or ""), find_text(point, "text"))
        elif "nav" in (item.get("properties") or "").split() and (toc := package.find_xml(member)) is not None:
            for link in (element for element in toc.iter() if local(element) == "a" and element.get("href")):
                names.setdefault(_member(member, link.get("href")), " ".join("".join(link.itertext()).split()))
    return names


def _read_chapter(package: ZippedDocument, member: str) -> Parsed:
    try:
        return read_html(package.read(member), "")
    except UnusableInput:
        return Parsed(text="", title="", format="html")  # a picture alone, or a damaged page: the others are read
