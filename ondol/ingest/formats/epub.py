"""EPUB: the chapters of a book in its order, each a page."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import unquote

from ondol.errors import UnusableInput
from ondol.ingest.formats.html import read_html
from ondol.ingest.formats.joined import add_parsed
from ondol.ingest.formats.zipped import ZippedDocument, find_text, local
from ondol.ingest.parsed import Parsed, TextBuilder
from ondol.lang import translate
from ondol.library.dates import iso_day

FONTS = {"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"}
"""Ways in which fonts are scrambled; they leave the text readable."""
CHAPTERS = {"application/xhtml+xml", "text/html", "text/x-oeb1-document", "application/xml", "text/xml"}
"""Media types of chapters; the last three are of older books."""
EXTENSIONS = (".xhtml", ".xht", ".html", ".htm", ".xml")
"""Of chapters whose media type is not told."""
TOLD = 3


def read_epub(data: bytes, name: str) -> Parsed:
    package = ZippedDocument(data, kind=".epub")
    _refuse_encrypted(package)
    place = _package_place(package)
    about = package.xml(place)
    names = _chapter_names(package, about, place)
    builder, hidden, lost = TextBuilder(), list[str](), list[str]()
    for member in _spine(about, place):
        chapter = _read_chapter(package, member)
        if chapter is None:
            lost.append(names.get(member) or posixpath.basename(member))
        elif chapter.text.strip():
            first = chapter.headings[0].title if chapter.headings else ""
            builder.turn_page(names.get(member) or first)
            add_parsed(builder, chapter)
            hidden += [chapter.hidden] if chapter.hidden else []
    parsed = builder.build(
        title=find_text(about, "title") or name, format="epub", unit="section", author=find_text(about, "creator"),
        date=iso_day(find_text(about, "date")), hidden="; ".join(hidden[:3]), unread=_told(lost),
    )  # fmt: skip
    if lost and not parsed.text:
        raise package.damaged()
    return parsed


def _refuse_encrypted(package: ZippedDocument) -> None:
    place = "META-INF/encryption.xml"
    methods = package.xml(place).iter("{*}EncryptionMethod") if place in package.names else ()
    if any(method.get("Algorithm") not in FONTS for method in methods):
        raise UnusableInput("The book is protected against copying (DRM).")


def _told(lost: Sequence[str]) -> str:
    if not lost:
        return ""
    more = f" (+{len(lost) - TOLD})" if len(lost) > TOLD else ""
    return translate("Chapters that cannot be read: {names}", names=", ".join(lost[:TOLD]) + more)


def _package_place(package: ZippedDocument) -> str:
    container = package.xml("META-INF/container.xml")
    for root in container.iter("{*}rootfile"):
        if root.get("full-path") in package.names:
            return str(root.get("full-path"))
    raise package.damaged()


def _spine(about: Any, place: str) -> Iterator[str]:
    """Members in reading order; of another format, the chapter that the book has in its stead. Pictures hold none."""
    items = {item.get("id"): item for item in about.iter("{*}item") if item.get("href")}
    for reference in about.iter("{*}itemref"):
        first = item = items.get(reference.get("idref"))
        seen: set[str | None] = set()
        while item is not None and not _is_chapter(item) and item.get("id") not in seen:
            seen.add(item.get("id"))
            item = items.get(item.get("fallback"))
        if item is not None and _is_chapter(item):
            yield _member(place, item.get("href"))
        elif first is None or not first.get("media-type", "").startswith("image/"):
            yield _member(place, first.get("href") if first is not None else reference.get("idref") or "?")


def _is_chapter(item: Any) -> bool:
    media = (item.get("media-type") or "").partition(";")[0].strip().lower()
    return media in CHAPTERS if media else item.get("href").lower().partition("#")[0].endswith(EXTENSIONS)


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


def _read_chapter(package: ZippedDocument, member: str) -> Parsed | None:
    """None when it is damaged or missing; without text where a page holds a picture alone."""
    try:
        content = package.read(member)
        return read_html(content, "") if content.strip() else Parsed(text="", title="", format="html")
    except UnusableInput:
        return None
